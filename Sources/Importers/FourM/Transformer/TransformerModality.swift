import Formats
import IR

/// One modality of a 4M transformer, as its tensors tell it.
struct TransformerModality {
    enum Kind: String {
        case imagePixels = "image_pixels"
        case imageTokens = "image_tokens"
        case sequence
        case sequenceEmbedding = "sequence_embedding"
    }

    let name: String
    let kind: Kind
    let isInput: Bool
    let isOutput: Bool
    /// Rows of the position table.
    let positions: Int
    /// Token ids; nil for pixels and embeddings.
    let vocabulary: Int?
    /// Sequences: decoder positions from here on count as 0.
    let maxLength: Int?
    /// Sequences: most tokens that generation asks for.
    let maxTokens: Int?
    /// Images: tokens per column and row.
    let grid: (rows: Int, columns: Int)?
    /// Images: pixels of one token.
    let patch: (height: Int, width: Int)?
    /// Pixels: channels. Sequence embeddings: size of one input vector.
    let channels: Int?

    /// Maximum lengths in the official modality table, fourm/data/modality_info.py: (positions, tokens).
    static let knownSequences: [String: (maxLength: Int, maxTokens: Int)] = [
        "caption": (256, 256), "det": (256, 256), "t5_caption": (77, 77), "metadata": (40, 40),
        "human_poses": (263, 275), "color_palette": (23, 23), "sam_instance": (290, 290),
    ]

    /// Modalities of the official table that have no decoder, or neither encoder nor decoder, whatever the domains say.
    static func lacksDecoder(_ name: String) -> Bool {
        name.hasPrefix("rgb@") || ["t5_caption", "sam_mask"].contains(name)
    }

    static func lacksEncoder(_ name: String) -> Bool { name == "sam_mask" }
}

extension TransformerModality {
    /// All modalities of the configured domains that `scope` takes in, sorted by name.
    static func all(
        _ settings: TransformerSettings, _ config: Config, _ weights: WeightReader, _ scope: ImportScope
    ) throws -> [TransformerModality] {
        let inputs = try chosen(scope.inputs, of: settings.inputs.filter { !lacksEncoder($0) }, weights.file, "takes")
        let outputs = try chosen(scope.outputs, of: settings.outputs.filter { !lacksDecoder($0) }, weights.file, "predicts")
        let overrides = try config.optionalSection("modality_overrides")
        return try inputs.union(outputs).sorted().map { name in
            let own = try overrides?.optionalSection(name)
            return try TransformerModality(
                name, isInput: inputs.contains(name), isOutput: outputs.contains(name), settings,
                own ?? .empty(file: config.file), weights)
        }
    }

    private static func chosen(
        _ wanted: Set<String>?, of names: [String], _ file: String, _ verb: String
    ) throws -> Set<String> {
        guard let wanted else { return Set(names) }
        if let stranger = wanted.subtracting(names).sorted().first {
            throw ImportError.missingModality(file: file, modality: stranger, verb: verb, known: names.sorted())
        }
        return wanted
    }

    private init(
        _ name: String, isInput: Bool, isOutput: Bool, _ settings: TransformerSettings, _ overrides: Config,
        _ weights: WeightReader
    ) throws {
        self.name = name
        self.isInput = isInput
        self.isOutput = isOutput
        let prefix = isInput ? "encoder_embeddings.\(name)" : "decoder_embeddings.\(name)"
        positions = try weights.shape("\(prefix).pos_emb", [1, nil, settings.block.dim])[1]
        kind = Self.kind(name, prefix, positions, overrides, weights)
        let isImage = kind == .imagePixels || kind == .imageTokens
        grid = isImage ? Self.grid(positions) : nil
        let side = Self.imageSide(name) ?? settings.imageSize
        patch = grid.map { (max(side / max($0.rows, 1), 1), max(side / max($0.columns, 1), 1)) }
        channels = try Self.channels(kind, prefix, patch, settings, weights)
        vocabulary = try Self.vocabulary(kind, name, isInput, isOutput, settings, overrides, weights)
        let known = Self.knownSequences[name]
        if isImage {
            (maxLength, maxTokens) = (nil, positions)
        } else {
            let length = try overrides.size(
                "max_length", default: min(known?.maxLength ?? positions, positions), in: 1...1 << 20)
            guard length <= positions else {
                throw overrides.badValue("max_length", "at most \(positions), the rows of pos_emb")
            }
            maxLength = length
            maxTokens = try overrides.size("max_tokens", default: known?.maxTokens ?? length, in: 1...1 << 20)
        }
    }

    private static func kind(
        _ name: String, _ prefix: String, _ positions: Int, _ overrides: Config, _ weights: WeightReader
    ) -> Kind {
        if weights.has("\(prefix).proj.weight") { return .imagePixels }
        if weights.has("\(prefix).emb_proj.weight") || weights.has("\(prefix).emb_proj.0.weight") {
            return .sequenceEmbedding
        }
        if knownSequences[name] != nil || overrides.contains("max_length") { return .sequence }
        if name.hasPrefix("tok_") { return .imageTokens }
        return grid(positions) == nil || positions == 1 ? .sequence : .imageTokens
    }

    /// Image side that a name such as `tok_rgb@448` states.
    private static func imageSide(_ name: String) -> Int? {
        name.split(separator: "@").dropFirst().last.flatMap { Int($0) }.flatMap { (1...65_536).contains($0) ? $0 : nil }
    }

    /// The square grid of that many tokens.
    private static func grid(_ positions: Int) -> (rows: Int, columns: Int)? {
        let side = Int(Double(positions).squareRoot().rounded())
        return side * side == positions ? (side, side) : nil
    }

    private static func channels(
        _ kind: Kind, _ prefix: String, _ patch: (height: Int, width: Int)?, _ settings: TransformerSettings,
        _ weights: WeightReader
    ) throws -> Int? {
        switch kind {
        case .imagePixels:
            let shape = try weights.shape("\(prefix).proj.weight", [settings.block.dim, nil])
            let area = (patch?.height ?? 1) * (patch?.width ?? 1)
            guard patch != nil, shape[1] % area == 0, shape[1] > 0 else {
                throw weights.wrongShape("\(prefix).proj.weight", "[\(settings.block.dim), channels × \(area)]")
            }
            return shape[1] / area
        case .sequenceEmbedding:
            let first = weights.has("\(prefix).emb_proj.0.weight") ? "emb_proj.0.weight" : "emb_proj.weight"
            return try weights.shape("\(prefix).\(first)", [nil, nil])[1]
        case .imageTokens, .sequence: return nil
        }
    }

    private static func vocabulary(
        _ kind: Kind, _ name: String, _ isInput: Bool, _ isOutput: Bool, _ settings: TransformerSettings,
        _ overrides: Config, _ weights: WeightReader
    ) throws -> Int? {
        guard kind == .imageTokens || kind == .sequence else { return nil }
        let stated = overrides.contains("vocab_size") ? try overrides.size("vocab_size", in: 1...1 << 24) : nil
        let prefixes = (isInput ? ["encoder_embeddings"] : []) + (isOutput ? ["decoder_embeddings"] : [])
        var found = stated
        for prefix in prefixes {
            found = try weights.shape("\(prefix).\(name).token_emb.weight", [found, settings.block.dim])[0]
        }
        return found
    }
}
