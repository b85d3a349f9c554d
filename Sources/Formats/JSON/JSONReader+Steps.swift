/// Reading step by step: each method reads one value.
extension JSONReader {
    /// What kind of value comes next, by its first character.
    package enum Kind: Sendable, Equatable {
        /// `{`.
        case object
        /// `[`.
        case array
        /// A text in quotes.
        case string
        /// A number.
        case number
        /// `true` or `false`.
        case bool
        /// `null`.
        case null
        /// None of these, or the end.
        case other
    }

    /// Bytes that have not been read.
    package var remaining: Int { bytes.count - position }

    /// An error about the place where the reader stands.
    package func fault(_ problem: String) -> CheckpointError { fault(problem, kind: .malformed) }

    /// What kind of value comes next.
    package mutating func nextKind() -> Kind {
        skipSpace()
        switch byte {
        case UInt8(ascii: "{"): return .object
        case UInt8(ascii: "["): return .array
        case UInt8(ascii: "\""): return .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")): return .number
        default: return .other
        }
    }

    /// Reads an object: `member` is given each key, and reads its value.
    package mutating func object(_ member: (String, inout JSONReader) throws(CheckpointError) -> Void) throws(CheckpointError) {
        guard nextKind() == .object else { throw unexpected("an object") }
        try nested { (reader) throws(CheckpointError) in try reader.members(member) }
    }

    /// Reads an array: `element` reads each value.
    package mutating func array(_ element: (inout JSONReader) throws(CheckpointError) -> Void) throws(CheckpointError) {
        guard nextKind() == .array else { throw unexpected("an array") }
        try nested { (reader) throws(CheckpointError) in
            if reader.take("]") { return }
            repeat { try element(&reader) } while reader.take(",")
            try reader.expect("]")
        }
    }

    /// Reads arrays in arrays: `leaf` reads each value that is no array, in order.
    package mutating func leaves(_ leaf: (inout JSONReader) throws(CheckpointError) -> Void) throws(CheckpointError) {
        try array { (reader) throws(CheckpointError) in
            if reader.nextKind() == .array { try reader.leaves(leaf) } else { try leaf(&reader) }
        }
    }

    /// The next value, which must be a text.
    package mutating func nextString() throws(CheckpointError) -> String {
        guard nextKind() == .string else { throw unexpected("a text in quotes") }
        return try string()
    }

    /// Reads the next value and keeps nothing of it but what it takes to read it again.
    /// - Returns: a reader that stands before it.
    package mutating func skip() throws(CheckpointError) -> JSONReader {
        let before = self
        try pass()
        return before
    }

    private mutating func pass() throws(CheckpointError) {
        switch nextKind() {
        case .object: try object { (_, reader) throws(CheckpointError) in try reader.pass() }
        case .array: try array { (reader) throws(CheckpointError) in try reader.pass() }
        case .string: _ = try string()
        // What is passed over is judged where it is read.
        case .number: _ = try writtenNumber()
        case .bool, .null: _ = try value()
        case .other: throw unexpected("a value")
        }
    }
}
