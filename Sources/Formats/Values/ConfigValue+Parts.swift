/// What a value is, for readers that know what they expect; ``Config`` gives errors with the place.
extension ConfigValue {
    /// The entry `key`; nil where there is none and where this is no dictionary.
    package subscript(key: String) -> ConfigValue? {
        if case .dict(let entries) = self { entries[key] } else { nil }
    }

    package var isNull: Bool { self == .null }

    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    package var int: Int? { if case .int(let value) = self { value } else { nil } }

    /// Any number.
    package var double: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    package var string: String? { if case .string(let value) = self { value } else { nil } }

    package var array: [ConfigValue]? { if case .list(let values) = self { values } else { nil } }

    package var dictionary: ConfigDictionary? { if case .dict(let entries) = self { entries } else { nil } }

    /// Keys and values in the order of the file.
    package var object: [(key: String, value: ConfigValue)]? {
        if case .dict(let entries) = self { entries.entries } else { nil }
    }
}
