/// A strict JSON parser (RFC 8259) for untrusted headers and configurations: keeps the order of keys, refuses
/// duplicates, invalid UTF-8, numbers beyond `Double`, and bounds depth and number of values. Integers beyond `Int` become doubles, a byte
/// order mark before the value is skipped.
struct JSONReader {
    static let maximumDepth = 64
    /// Enough for half a million tensors; keeps a hostile header of 100 MB from taking gigabytes.
    static let maximumValues = 4_000_000

    private let bytes: UnsafeRawBufferPointer
    private let file: String
    private var position = 0
    private var depth = 0
    private var values = 0
    /// The key of the root object whose value is being read; for messages, since it is the name of a tensor.
    private var rootKey: String?

    /// - Throws: ``CheckpointError`` with the byte offset of the first fault.
    static func parse(_ bytes: UnsafeRawBufferPointer, file: String) throws(CheckpointError) -> ConfigValue {
        var reader = JSONReader(bytes: bytes, file: file)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.position = 3 }
        reader.skipSpace()
        // Text of the right kind is not looked at: words in it may look like marks of other formats.
        if let byte = reader.byte, !"{[\"-0123456789tfnNI/#'".utf8.contains(byte) || bytes.prefix(2).contains(0),
            let other = CheckpointError.foreign(bytes, file: file, needed: "JSON text", accepted: [.json])
        {
            throw other
        }
        let value = try reader.value()
        reader.skipSpace()
        guard reader.position == bytes.count else { throw reader.fault("unexpected text after the end of the JSON") }
        return value
    }

    private init(bytes: UnsafeRawBufferPointer, file: String) {
        self.bytes = bytes
        self.file = file
    }

    private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func fault(_ problem: String, kind: CheckpointError.Kind = .malformed) -> CheckpointError {
        CheckpointError(kind, file: file, subject: rootKey, "JSON, byte \(position): \(problem)")
    }

    private mutating func skipSpace() {
        while let byte, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(CheckpointError) {
        guard take(character) else { throw unexpected("`\(character)`") }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard let byte, UInt32(byte) == character.value else { return false }
        position += 1
        return true
    }

    private mutating func value() throws(CheckpointError) -> ConfigValue {
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
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw unexpected("a value")
        }
    }

    /// What stands in place of `expected`, if people often write it.
    private func unexpected(_ expected: String) -> CheckpointError {
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

    private mutating func nested(
        _ body: (inout JSONReader) throws(CheckpointError) -> ConfigValue
    ) throws(CheckpointError) -> ConfigValue {
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
        if take("}") { return .dict(dictionary) }
        repeat {
            skipSpace()
            guard byte == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
            let key = try string()
            guard dictionary[key] == nil else {
                throw CheckpointError(
                    .duplicate, file: file, subject: key, "JSON, byte \(position): the key appears twice")
            }
            if depth == 1 { rootKey = key }
            try expect(":")
            dictionary[key] = try value()
            if depth == 1 { rootKey = nil }
        } while take(",")
        try expect("}")
        return .dict(dictionary)
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

// MARK: Numbers

extension JSONReader {
    private mutating func number() throws(CheckpointError) -> ConfigValue {
        let start = position
        if byte == UInt8(ascii: "-") { position += 1 }
        let leading = byte
        let whole = digits()
        guard whole > 0, whole == 1 || leading != UInt8(ascii: "0") else { throw fault("not a number") }
        var isInteger = true
        if byte == UInt8(ascii: ".") {
            position += 1
            isInteger = false
            guard digits() > 0 else { throw fault("a digit expected after the point") }
        }
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            position += 1
            isInteger = false
            if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") { position += 1 }
            guard digits() > 0 else { throw fault("a digit expected in the exponent") }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isInteger, let value = Int(text) { return .int(value) }
        guard let value = Double(text), value.isFinite else { throw fault("number \(text.prefix(40)) is out of range") }
        return .double(value)
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position - start
    }
}

// MARK: Strings

extension JSONReader {
    private mutating func string() throws(CheckpointError) -> String {
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
