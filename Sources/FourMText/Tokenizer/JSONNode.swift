/// A JSON value that keeps the order of keys and never compares keys by canonical equivalence.
///
/// Foundation's parsers build dictionaries keyed by `String`, in which "é" (U+00E9) and "e" + U+0301 are one key; in a
/// vocabulary they are two tokens.
enum JSONNode: Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONNode])
    case object([JSONMember])

    /// The first member called `key`, or nil when there is none or this is no object.
    subscript(key: String) -> JSONNode? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    var isNull: Bool { if case .null = self { true } else { false } }
    var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    var int: Int? { if case .integer(let value) = self { value } else { nil } }
    var string: String? { if case .string(let value) = self { value } else { nil } }
    var array: [JSONNode]? { if case .array(let value) = self { value } else { nil } }
    var object: [JSONMember]? { if case .object(let value) = self { value } else { nil } }

    /// Any number as a `Double`.
    var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}

/// One key and its value in a JSON object.
struct JSONMember: Sendable {
    var key: String
    var value: JSONNode
}
