import IR

/// Metadata and attributes as JSON: dimensions are numbers, or text where symbolic.
package struct JSONMetadata: Encodable {
    package let value: AttributeValue

    package init(_ value: AttributeValue) { self.value = value }

    package func encode(to encoder: any Encoder) throws {
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

    package struct Key: CodingKey {
        package let stringValue: String
        package var intValue: Int? { nil }

        package init(_ name: String) { stringValue = name }

        package init?(stringValue: String) { self.init(stringValue) }

        package init?(intValue: Int) { nil }
    }
}

/// Reading metadata where an absent or ill-typed entry is simply not shown.
package struct MetadataReader {
    package let fields: Attributes

    package init(_ fields: Attributes) { self.fields = fields }

    package func int(_ key: String) -> Int? { if case .int(let value)? = fields[key] { value } else { nil } }

    package func bool(_ key: String) -> Bool? { if case .bool(let value)? = fields[key] { value } else { nil } }

    package func string(_ key: String) -> String? { if case .string(let value)? = fields[key] { value } else { nil } }

    package func strings(_ key: String) -> [String]? { if case .strings(let values)? = fields[key] { values } else { nil } }

    package func doubles(_ key: String) -> [Double]? { if case .floats(let values)? = fields[key] { values } else { nil } }

    package func section(_ key: String) -> MetadataReader? {
        if case .dictionary(let value)? = fields[key] { MetadataReader(value) } else { nil }
    }

    /// Two sizes, such as rows and columns.
    package func pair(_ key: String) -> [Int]? {
        guard case .dims(let dims)? = fields[key], dims.count == 2 else { return nil }
        let sizes = dims.compactMap(\.value)
        return sizes.count == 2 ? sizes : nil
    }

    /// Any entry as short text.
    package func text(_ key: String) -> String? {
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
