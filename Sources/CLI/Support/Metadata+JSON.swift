import IR

/// Metadata and attributes as JSON: dimensions are numbers, or text where symbolic.
struct JSONMetadata: Encodable {
    let value: AttributeValue

    init(_ value: AttributeValue) { self.value = value }

    func encode(to encoder: any Encoder) throws {
        switch value {
        case .dims(let dims):
            var container = encoder.unkeyedContainer()
            for dim in dims { try container.encode(JSONMetadata(.dim(dim))) }
        case .floats(let values):
            var container = encoder.unkeyedContainer()
            for value in values { try container.encode(value) }
        case .strings(let values):
            var container = encoder.unkeyedContainer()
            for value in values { try container.encode(value) }
        case .dictionary(let table):
            var container = encoder.container(keyedBy: Key.self)
            for (name, value) in table { try container.encode(JSONMetadata(value), forKey: Key(name)) }
        default:
            var container = encoder.singleValueContainer()
            try encodeSingle(&container)
        }
    }

    private func encodeSingle(_ container: inout any SingleValueEncodingContainer) throws {
        switch value {
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .float(let value): try container.encode(value)
        case .string(let value), .function(let value): try container.encode(value)
        case .dtype(let value): try container.encode(value.rawValue)
        case .dim(let value):
            if let number = value.value { try container.encode(number) } else { try container.encode(value.description) }
        case .dims, .floats, .strings, .dictionary: try container.encodeNil()
        }
    }

    struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ name: String) { stringValue = name }

        init?(stringValue: String) { self.init(stringValue) }

        init?(intValue: Int) { nil }
    }
}

/// Reading metadata where an absent or ill-typed entry is simply not shown.
struct MetadataReader {
    let fields: Attributes

    init(_ fields: Attributes) { self.fields = fields }

    func int(_ key: String) -> Int? { if case .int(let value)? = fields[key] { value } else { nil } }

    func bool(_ key: String) -> Bool? { if case .bool(let value)? = fields[key] { value } else { nil } }

    func string(_ key: String) -> String? { if case .string(let value)? = fields[key] { value } else { nil } }

    func doubles(_ key: String) -> [Double]? { if case .floats(let values)? = fields[key] { values } else { nil } }

    func section(_ key: String) -> MetadataReader? {
        if case .dictionary(let value)? = fields[key] { MetadataReader(value) } else { nil }
    }

    /// Two sizes, such as rows and columns.
    func pair(_ key: String) -> [Int]? {
        guard case .dims(let dims)? = fields[key], dims.count == 2 else { return nil }
        let sizes = dims.compactMap(\.value)
        return sizes.count == 2 ? sizes : nil
    }

    /// Any entry as short text.
    func text(_ key: String) -> String? {
        switch fields[key] {
        case .bool(let value)?: value ? "yes" : "no"
        case .int(let value)?: "\(value)"
        case .float(let value)?: "\(value)"
        case .string(let value)?: value
        case .dims(let values)?: values.map(\.description).joined(separator: " × ")
        case .floats(let values)?: values.map { "\($0)" }.joined(separator: " ")
        case .strings(let values)?: values.joined(separator: ", ")
        default: nil
        }
    }
}
