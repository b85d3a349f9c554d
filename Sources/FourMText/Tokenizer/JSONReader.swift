/// A strict JSON parser (RFC 8259) over UTF-8 bytes; nesting is limited to 64 levels, lone surrogates are refused.
struct JSONReader {
    struct Failure: Error {
        var byte: Int
        var reason: String
    }

    private static let maximumDepth = 64
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    static func parse(_ bytes: [UInt8]) throws(Failure) -> JSONNode {
        let outcome: Result<JSONNode, Failure> = bytes.withUnsafeBufferPointer { buffer in
            var reader = JSONReader(bytes: buffer)
            do throws(Failure) {
                return .success(try reader.document())
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    private init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func failure(_ reason: String) -> Failure { Failure(byte: position, reason: reason) }

    private mutating func document() throws(Failure) -> JSONNode {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        let node = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw failure("text after the end of the value") }
        return node
    }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func value(depth: Int) throws(Failure) -> JSONNode {
        guard depth < Self.maximumDepth else { throw failure("nested deeper than \(Self.maximumDepth) levels") }
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case nil: throw failure("the text ends where a value is expected")
        default: return try number()
        }
    }

    private mutating func literal(_ word: StaticString, _ node: JSONNode) throws(Failure) -> JSONNode {
        for offset in 0..<word.utf8CodeUnitCount {
            guard current == word.utf8Start[offset] else { throw failure("unknown word") }
            position += 1
        }
        return node
    }

    private mutating func array(depth: Int) throws(Failure) -> JSONNode {
        position += 1
        var items: [JSONNode] = []
        skipSpace()
        if current == UInt8(ascii: "]") {
            position += 1
            return .array(items)
        }
        while true {
            items.append(try value(depth: depth + 1))
            if try endsAfterItem(closing: UInt8(ascii: "]")) { return .array(items) }
        }
    }

    private mutating func object(depth: Int) throws(Failure) -> JSONNode {
        position += 1
        var members: [JSONMember] = []
        skipSpace()
        if current == UInt8(ascii: "}") {
            position += 1
            return .object(members)
        }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw failure("a key in quotes is expected") }
            let key = try string()
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw failure("a colon is expected after a key") }
            position += 1
            members.append(JSONMember(key: key, value: try value(depth: depth + 1)))
            if try endsAfterItem(closing: UInt8(ascii: "}")) { return .object(members) }
        }
    }

    private mutating func endsAfterItem(closing: UInt8) throws(Failure) -> Bool {
        skipSpace()
        guard let byte = current, byte == closing || byte == UInt8(ascii: ",") else {
            throw failure("a comma or a closing bracket is expected")
        }
        position += 1
        return byte == closing
    }

    private mutating func number() throws(Failure) -> JSONNode {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        let first = current
        let integerDigits = skipDigits()
        guard integerDigits > 0, integerDigits == 1 || first != UInt8(ascii: "0") else {
            throw failure("a value is expected")
        }
        var isInteger = true
        if current == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            guard skipDigits() > 0 else { throw failure("a digit is expected after the point") }
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            guard skipDigits() > 0 else { throw failure("a digit is expected in the exponent") }
        }
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
        if isInteger, let value = Int(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw failure("the number \(text) is out of range") }
        return .number(value)
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { position += 1 }
        return position - start
    }
}

extension JSONReader {
    private mutating func string() throws(Failure) -> String {
        position += 1
        let start = position
        while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        guard current == UInt8(ascii: "\"") else { return try escapedString(from: start) }
        let text = try validated(UnsafeBufferPointer(rebasing: bytes[start..<position]))
        position += 1
        return text
    }

    private mutating func escapedString(from start: Int) throws(Failure) -> String {
        var units = [UInt8](bytes[start..<position])
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                return try units.withUnsafeBufferPointer { buffer in validatedResult(buffer) }.get()
            case UInt8(ascii: "\\"): try appendEscape(to: &units)
            case ..<0x20: throw failure("a control character inside a string")
            default: units.append(byte)
            }
        }
        throw failure("the text ends inside a string")
    }

    private func validated(_ units: UnsafeBufferPointer<UInt8>) throws(Failure) -> String {
        try validatedResult(units).get()
    }

    private func validatedResult(_ units: UnsafeBufferPointer<UInt8>) -> Result<String, Failure> {
        guard let text = String(validating: units, as: UTF8.self) else {
            return .failure(failure("a string that is not UTF-8"))
        }
        return .success(text)
    }

    private mutating func appendEscape(to units: inout [UInt8]) throws(Failure) {
        guard let byte = current else { throw failure("the text ends inside an escape") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(byte)
        case UInt8(ascii: "b"): units.append(0x08)
        case UInt8(ascii: "f"): units.append(0x0C)
        case UInt8(ascii: "n"): units.append(0x0A)
        case UInt8(ascii: "r"): units.append(0x0D)
        case UInt8(ascii: "t"): units.append(0x09)
        case UInt8(ascii: "u"): units.append(contentsOf: String(Character(try escapedScalar())).utf8)
        default: throw failure("an unknown escape")
        }
    }

    private mutating func escapedScalar() throws(Failure) -> Unicode.Scalar {
        let first = try hexUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, current == UInt8(ascii: "\\") else { throw failure("an unpaired surrogate") }
        position += 1
        guard current == UInt8(ascii: "u") else { throw failure("an unpaired surrogate") }
        position += 1
        let second = try hexUnit()
        guard second >= 0xDC00, second < 0xE000,
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw failure("an unpaired surrogate") }
        return scalar
    }

    private mutating func hexUnit() throws(Failure) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw failure("four hexadecimal digits are expected after \\u")
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }
}
