/// A value of a configuration: what JSON and the YAML of checkpoint headers can say.
package enum ConfigValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case list([ConfigValue])
    case dict(ConfigDictionary)

    /// What to call this kind of value in a message.
    package var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .int: "an integer"
        case .double: "a number"
        case .string: "a string"
        case .list: "a list"
        case .dict: "a dictionary"
        }
    }
}

/// Keys and values in the order of the file. Keys are equal if their bytes are: in a vocabulary, "é" as one scalar and as two are two
/// tokens, though Swift's strings are equal.
package struct ConfigDictionary: Sendable {
    package private(set) var keys: [String] = []
    private var values: [ByteKey: ConfigValue] = [:]

    private struct ByteKey: Hashable {
        let text: String

        init(_ text: String) { self.text = text }

        static func == (a: ByteKey, b: ByteKey) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }

        func hash(into hasher: inout Hasher) {
            var text = text
            text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        }
    }

    package init() {}

    package init(_ entries: [(key: String, value: ConfigValue)]) {
        for (key, value) in entries { self[key] = value }
    }

    package var count: Int { keys.count }

    package var isEmpty: Bool { keys.isEmpty }

    /// Setting a present key keeps its place; setting nil does nothing to absent keys and removes present ones.
    package subscript(key: String) -> ConfigValue? {
        get { values[ByteKey(key)] }
        set {
            let old = values.updateOrRemove(newValue, at: ByteKey(key))
            if old == nil && newValue != nil { keys.append(key) }
            if old != nil && newValue == nil { keys.removeAll { $0.utf8.elementsEqual(key.utf8) } }
        }
    }

    /// These entries and those of `other`, which count where both have a key.
    package func merging(_ other: ConfigDictionary) -> ConfigDictionary { ConfigDictionary(entries + other.entries) }

    /// Keys and values, in order.
    package var entries: [(key: String, value: ConfigValue)] {
        keys.compactMap { key in self[key].map { (key, $0) } }
    }
}

extension ConfigDictionary: ExpressibleByDictionaryLiteral {
    /// Of equal keys the last counts.
    package init(dictionaryLiteral elements: (String, ConfigValue)...) {
        self.init(elements.map { (key: $0.0, value: $0.1) })
    }
}

extension ConfigDictionary: Equatable {
    /// Same keys with the same values, in any order.
    package static func == (a: ConfigDictionary, b: ConfigDictionary) -> Bool { a.values == b.values }
}

extension Dictionary {
    fileprivate mutating func updateOrRemove(_ value: Value?, at key: Key) -> Value? {
        guard let value else { return removeValue(forKey: key) }
        return updateValue(value, forKey: key)
    }
}

extension ConfigValue: CustomStringConvertible {
    /// JSON, on one line; NaN and infinities as `NaN`, `Infinity`, `-Infinity`.
    package var description: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): String(value)
        case .double(let value): ConfigValue.text(value)
        case .string(let value): JSONText.quoted(value)
        case .list(let values): "[\(values.map(\.description).joined(separator: ", "))]"
        case .dict(let dict):
            "{\(dict.entries.map { "\(JSONText.quoted($0.key)): \($0.value)" }.joined(separator: ", "))}"
        }
    }

    private static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return value.description
    }
}
