/// The contents of a `metadata` string: pairs `v1=field v0=value`.
///
/// Sources: `decode_metadata` in `fourm/utils/plotting_utils.py`, `MetadataTransform` in
/// `fourm/data/modality_transforms.py`. A range value is written with bins - 1 and read with bins, as there. Pairs that
/// the reference passes over or fails on are named in `warnings`.
package struct Metadata: Sendable, Equatable, Codable {
    /// Values by field; of a field that occurs again the last one.
    package var values: [MetadataField: MetadataValue]
    package var warnings: [String]

    package init(values: [MetadataField: MetadataValue], warnings: [String] = []) {
        self.values = values
        self.warnings = warnings
    }

    /// Reads a decoded string.
    package init(parsing text: String) {
        self.init(values: [:])
        for part in Self.parts(StructureWords.words(text)) { read(part) }
    }

    /// Cuts words before each that contains `v1`.
    package static func parts(_ words: [Substring]) -> [[Substring]] {
        var parts: [[Substring]] = []
        for word in words {
            if parts.isEmpty || word.contains("v1") {
                parts.append([word])
            } else {
                parts[parts.count - 1].append(word)
            }
        }
        return parts
    }

    private mutating func read(_ part: [Substring]) {
        let shown = "\"\(part.joined(separator: " ").prefix(80))\""
        guard part.count == 2 else {
            warnings.append("\(shown) is no pair of a field and a value, dropped")
            return
        }
        guard let id = StructureWords.coordinate(part[0]), id.axis == 1, part[0] == "v1=\(id.value)",
            let field = MetadataField(id: id.value)
        else {
            warnings.append("\(shown) names no known field, dropped")
            return
        }
        guard let value = StructureWords.coordinate(part[1]) else {
            warnings.append("\(shown) has no value, dropped")
            return
        }
        if value.axis != 0 { warnings.append("\(shown) has its value at v\(value.axis) instead of v0") }
        values[field] = field.value(ofToken: value.value)
    }
}

/// Why metadata cannot be written.
package enum MetadataError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The value of a field is infinite or not a number.
    case notFinite(MetadataField)

    package var description: String {
        switch self {
        case .notFinite(let field): "the metadata value of \"\(field.rawValue)\" must be a finite number"
        }
    }
}

extension Metadata {
    /// The `metadata` string of `entries` in the given order, 4M's form of conditioning on metadata.
    ///
    /// - Throws: `MetadataError` when a value is not finite.
    package static func text(
        _ entries: [(field: MetadataField, value: MetadataValue)]
    ) throws(MetadataError) -> String {
        var words: [String] = []
        for entry in entries {
            guard entry.value.number.isFinite else { throw .notFinite(entry.field) }
            words.append("v1=\(entry.field.id) v0=\(entry.field.token(of: entry.value.number))")
        }
        return words.joined(separator: " ")
    }

    /// The `metadata` string in the order of the fields' ids.
    ///
    /// - Throws: `MetadataError` when a value is not finite.
    package func text() throws(MetadataError) -> String {
        let entries = MetadataField.allCases.compactMap { field in values[field].map { (field: field, value: $0) } }
        return try Self.text(entries)
    }
}

extension MetadataField {
    private static let largestToken = 999

    /// The value that a `v0` token's number stands for.
    func value(ofToken token: Int) -> MetadataValue {
        switch scale {
        case .pixels: .integer(token * Self.pixelStep)
        case .count, .thresholds: .integer(token)
        case .range(let minimum, let maximum):
            .real((maximum - minimum) * (Double(token) / Double(Self.bins)) + minimum)
        }
    }

    /// The number of the `v0` token for a finite value.
    func token(of value: Double) -> Int {
        switch scale {
        case .pixels: Self.clipped((value / Double(Self.pixelStep)).rounded(.down))
        case .count: Self.clipped(value)
        case .thresholds(let thresholds): thresholds.prefix { value >= $0 }.count
        case .range(let minimum, let maximum):
            Int((max(minimum, min(value, maximum)) - minimum) / (maximum - minimum) * Double(Self.bins - 1))
        }
    }

    private static func clipped(_ value: Double) -> Int { Int(max(0, min(value, Double(largestToken)))) }
}
