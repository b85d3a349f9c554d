/// Modalities by name, in a fixed order.
package struct ModalityTable: Hashable, Sendable {
    /// Names in the order of the reference's table.
    package private(set) var names: [String]
    private var infos: [String: ModalityInfo]

    /// A table of the given modalities; of two with the same name the later counts.
    package init(_ modalities: [ModalityInfo]) {
        infos = Dictionary(modalities.map { ($0.name, $0) }) { _, later in later }
        var seen: Set<String> = []
        names = modalities.map(\.name).filter { seen.insert($0).inserted }
    }

    /// All modalities of 4M-7 and 4M-21, at 224 and 448, and those that only tokenizers know.
    package static let standard = ModalityTable(fourM7 + fourM21 + superResolution + tokenizerOnly)

    package subscript(name: String) -> ModalityInfo? { infos[name] }

    /// All modalities in order.
    package var modalities: [ModalityInfo] { names.compactMap { infos[$0] } }

    /// The modality of a name.
    /// - Throws: `SettingsError.unknownModality`, with near names.
    package func info(_ name: String) throws(SettingsError) -> ModalityInfo {
        guard let info = infos[name] else {
            throw .unknownModality(name: name, similar: similarNames(to: name))
        }
        return info
    }

    private func similarNames(to name: String) -> [String] {
        let base = ModalityInfo.baseName(of: name)
        return names.filter { candidate in
            let other = ModalityInfo.baseName(of: candidate)
            return other == base || other == "tok_" + base || "tok_" + other == base
        }
    }

    /// The table with some values replaced.
    /// - Throws: `SettingsError.unknownModality`, `.value` for sizes below 1.
    package func applying(_ overrides: [String: ModalityOverride]) throws(SettingsError) -> ModalityTable {
        var table = self
        for (name, override) in overrides.sorted(by: { $0.key < $1.key }) {
            var info = try info(name)
            try override.check(modality: name)
            info.vocabularySize = override.vocabularySize ?? info.vocabularySize
            info.maxLength = override.maxLength ?? info.maxLength
            info.maxTokens = override.maxTokens ?? info.maxTokens
            info.embeddingDim = override.embeddingDim ?? info.embeddingDim
            table.infos[name] = info
        }
        return table
    }
}

/// Values that a model's configuration (`modality_overrides`) puts in place of the table's.
package struct ModalityOverride: Codable, Hashable, Sendable {
    package var vocabularySize: Int?
    package var maxLength: Int?
    package var maxTokens: Int?
    package var embeddingDim: Int?

    package init(
        vocabularySize: Int? = nil, maxLength: Int? = nil, maxTokens: Int? = nil, embeddingDim: Int? = nil
    ) {
        self.vocabularySize = vocabularySize
        self.maxLength = maxLength
        self.maxTokens = maxTokens
        self.embeddingDim = embeddingDim
    }

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case vocabularySize = "vocab_size"
        case maxLength = "max_length"
        case maxTokens = "max_tokens"
        case embeddingDim = "orig_emb_dim"
    }

    /// Reads a JSON object `{modality: {key: whole number}}`.
    /// - Throws: `SettingsError.unknownKey`, `.value`.
    package static func read(_ json: [String: Any]) throws(SettingsError) -> [String: ModalityOverride] {
        var overrides: [String: ModalityOverride] = [:]
        for (name, value) in json.sorted(by: { $0.key < $1.key }) {
            guard let fields = value as? [String: Any] else {
                throw .value(key: "modality_overrides.\(name)", value: "\(value)", allowed: "an object")
            }
            overrides[name] = try ModalityOverride(fields, modality: name)
        }
        return overrides
    }

    private init(_ fields: [String: Any], modality: String) throws(SettingsError) {
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            let path = "modality_overrides.\(modality).\(key)"
            guard let field = CodingKeys(rawValue: key) else {
                throw .unknownKey(key: path, allowed: CodingKeys.allCases.map(\.rawValue))
            }
            guard let number = value as? Int else {
                throw .value(key: path, value: "\(value)", allowed: "a whole number")
            }
            switch field {
            case .vocabularySize: vocabularySize = number
            case .maxLength: maxLength = number
            case .maxTokens: maxTokens = number
            case .embeddingDim: embeddingDim = number
            }
        }
        try check(modality: modality)
    }

    func check(modality: String) throws(SettingsError) {
        let values = [
            ("vocab_size", vocabularySize), ("max_length", maxLength), ("max_tokens", maxTokens),
            ("orig_emb_dim", embeddingDim),
        ]
        for case (let key, let value?) in values where value < 1 || value > 1 << 24 {
            throw .value(key: "modality_overrides.\(modality).\(key)", value: "\(value)", allowed: "1 to \(1 << 24)")
        }
    }
}
