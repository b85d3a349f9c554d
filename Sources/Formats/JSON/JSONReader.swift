/// A strict JSON parser (RFC 8259) for untrusted headers and configurations: keeps the order of keys, refuses
/// duplicates, invalid UTF-8, numbers beyond `Double`, and bounds depth and number of values. Integers beyond `Int` become doubles, a byte
/// order mark before the value is skipped.
///
/// ``parse(_:file:)`` gives a text as a whole. Texts with more numbers than a tree of values should hold are read step by step:
/// ``init(_:file:)``, then one method for each value, in order, and ``end()``.
package struct JSONReader {
    static let maximumDepth = 64
    /// Enough for half a million tensors; keeps a hostile header of 100 MB from taking gigabytes.
    static let maximumValues = 4_000_000

    let bytes: UnsafeRawBufferPointer
    private let file: String
    var position = 0
    private var depth = 0
    private var values = 0
    /// The key of the root object whose value is being read; for messages, since it is the name of a tensor.
    private var rootKey: String?

    /// - Throws: ``CheckpointError`` with the byte offset of the first fault.
    static func parse(_ bytes: UnsafeRawBufferPointer, file: String) throws(CheckpointError) -> ConfigValue {
        var reader = JSONReader(bytes, file: file)
        reader.skipSpace()
        // Text of the right kind is not looked at: words in it may look like marks of other formats.
        if let byte = reader.byte, !"{[\"-0123456789tfnNI/#'".utf8.contains(byte) || bytes.prefix(2).contains(0),
            let other = CheckpointError.foreign(bytes, file: file, needed: "JSON text", accepted: [.json])
        {
            throw other
        }
        let value = try reader.value()
        try reader.end()
        return value
    }

    /// A reader at the begin of `bytes`, which must outlive it.
    /// - Parameter file: where they come from, for messages.
    package init(_ bytes: UnsafeRawBufferPointer, file: String) {
        self.bytes = bytes
        self.file = file
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// Checks that nothing but space follows.
    package mutating func end() throws(CheckpointError) {
        skipSpace()
        guard position == bytes.count else { throw fault("unexpected text after the end of the JSON") }
    }

    var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

    func fault(_ problem: String, kind: CheckpointError.Kind) -> CheckpointError {
        CheckpointError(kind, file: file, subject: rootKey, "JSON, byte \(position): \(problem)")
    }

    mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    mutating func expect(_ character: Unicode.Scalar) throws(CheckpointError) {
        guard take(character) else { throw unexpected("`\(character)`") }
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard let byte, UInt32(byte) == character.value else { return false }
        position += 1
        return true
    }

    /// The next value as a whole.
    package mutating func value() throws(CheckpointError) -> ConfigValue {
        values += 1
        guard values <= JSONReader.maximumValues else {
            throw fault("more than \(JSONReader.maximumValues) values", kind: .unsupported)
        }
        skipSpace()
        guard let byte else { throw fault("a value expected, found the end") }
        switch byte {
        case UInt8(ascii: "{"): return try nested { (reader) throws(CheckpointError) in try reader.object() }
        case UInt8(ascii: "["): return try nested { (reader) throws(CheckpointError) in try reader.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number().value
        default: throw unexpected("a value")
        }
    }

    /// What stands in place of `expected`, if people often write it.
    func unexpected(_ expected: String) -> CheckpointError {
        let reason: String? =
            switch byte {
            case UInt8(ascii: "/"), UInt8(ascii: "#"): "JSON has no comments; take them out"
            case UInt8(ascii: "N"), UInt8(ascii: "I"): "JSON has no NaN, Infinity or None; write a number or null"
            case UInt8(ascii: "T"), UInt8(ascii: "F"): "JSON writes true and false in small letters"
            case UInt8(ascii: "'"): "JSON puts text in double quotes"
            case UInt8(ascii: "}"), UInt8(ascii: "]"): "JSON has no comma before a closing bracket; take it out"
            default: nil
            }
        return fault("\(expected) expected" + (reason.map { "; \($0)" } ?? ""))
    }

    mutating func nested<Result>(_ body: (inout JSONReader) throws(CheckpointError) -> Result) throws(CheckpointError) -> Result {
        depth += 1
        guard depth <= JSONReader.maximumDepth else {
            throw fault("nested deeper than \(JSONReader.maximumDepth) levels")
        }
        position += 1
        let value = try body(&self)
        depth -= 1
        return value
    }

    private mutating func object() throws(CheckpointError) -> ConfigValue {
        var dictionary = ConfigDictionary()
        try members { (key, reader) throws(CheckpointError) in
            guard dictionary[key] == nil else {
                throw CheckpointError(
                    .duplicate, file: reader.file, subject: key, "JSON, byte \(reader.position): the key appears twice")
            }
            dictionary[key] = try reader.value()
        }
        return .dict(dictionary)
    }

    /// Reads members up to the closing brace; the opening one has been read.
    mutating func members(_ member: (String, inout JSONReader) throws(CheckpointError) -> Void) throws(CheckpointError) {
        if take("}") { return }
        repeat {
            skipSpace()
            guard byte == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
            let key = try string()
            try expect(":")
            if depth == 1 { rootKey = key }
            try member(key, &self)
            if depth == 1 { rootKey = nil }
        } while take(",")
        try expect("}")
    }

    private mutating func array() throws(CheckpointError) -> ConfigValue {
        var list: [ConfigValue] = []
        if take("]") { return .list(list) }
        repeat { list.append(try value()) } while take(",")
        try expect("]")
        return .list(list)
    }

    private mutating func word(_ text: StaticString, _ value: ConfigValue) throws(CheckpointError) -> ConfigValue {
        let count = text.utf8CodeUnitCount
        let expected = UnsafeBufferPointer(start: text.utf8Start, count: count)
        guard bytes.count - position >= count, bytes[position..<position + count].elementsEqual(expected) else {
            throw fault("a value expected")
        }
        position += count
        return value
    }
}

// MARK: Strings

extension JSONReader {
    mutating func string() throws(CheckpointError) -> String {
        position += 1
        let start = position
        while let byte, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        if byte == UInt8(ascii: "\"") {
            defer { position += 1 }
            return try decoded(bytes[start..<position])
        }
        var units = [UInt8](bytes[start..<position])
        while let byte, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw fault("control character in a string") }
            position += 1
            if byte == UInt8(ascii: "\\") {
                units.append(contentsOf: String(try escape()).utf8)
            } else {
                units.append(byte)
            }
        }
        guard byte != nil else { throw fault("a string without end") }
        defer { position += 1 }
        return try decoded(units)
    }

    private func decoded(_ units: some Sequence<UInt8>) throws(CheckpointError) -> String {
        guard let text = String(validating: units, as: UTF8.self) else { throw fault("invalid UTF-8 in a string") }
        return text
    }

    private mutating func escape() throws(CheckpointError) -> Unicode.Scalar {
        guard let byte else { throw fault("a string without end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw fault("unknown escape in a string")
        }
    }

    private mutating func unicodeEscape() throws(CheckpointError) -> Unicode.Scalar {
        let first = try hexUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first), byte == UInt8(ascii: "\\") else {
            throw fault("half of a surrogate pair in a string")
        }
        position += 1
        guard byte == UInt8(ascii: "u") else { throw fault("half of a surrogate pair in a string") }
        position += 1
        let second = try hexUnit()
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        else { throw fault("half of a surrogate pair in a string") }
        return scalar
    }

    private mutating func hexUnit() throws(CheckpointError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw fault("four hexadecimal digits expected")
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }
}
