extension Parser {
    mutating func accept(_ character: Character) throws -> Bool {
        guard lexer.token == .punctuation(character) else { return false }
        try lexer.advance()
        return true
    }

    mutating func accept(name: String) throws -> Bool {
        guard lexer.token == .name(name) else { return false }
        try lexer.advance()
        return true
    }

    mutating func expect(_ character: Character) throws {
        guard lexer.token == .punctuation(character) else { throw lexer.error("'\(character)' is expected") }
        try lexer.advance()
    }

    mutating func keyword(_ word: String) throws {
        guard lexer.token == .name(word) else { throw lexer.error("'\(word)' is expected") }
        try lexer.advance()
    }

    mutating func name() throws -> String {
        guard case .name(let text) = lexer.token else { throw lexer.error("a name is expected") }
        try lexer.advance()
        return text
    }

    mutating func symbol() throws -> String {
        guard case .symbol(let text) = lexer.token else { throw lexer.error("a name such as '@x' is expected") }
        try lexer.advance()
        return text
    }

    /// A bare or quoted name, which may begin with digits.
    mutating func key() throws -> String {
        switch lexer.token {
        case .name(let text), .string(let text), .number(let text):
            try lexer.advance()
            return text
        default: throw lexer.error("a name is expected")
        }
    }

    /// Comma-separated items up to and including the closing character.
    mutating func list(until close: Character, _ item: (inout Parser) throws -> Void) throws {
        if try accept(close) { return }
        repeat { try item(&self) } while try accept(",")
        try expect(close)
    }

    mutating func tensorType() throws -> TensorType {
        let place = lexer
        let word = try name()
        guard let dtype = DType(rawValue: word) else { throw place.error("'\(word)' is no element type") }
        try expect("[")
        var shape: [Dim] = []
        try list(until: "]") { parser in shape.append(try parser.dim()) }
        let layout = try layout()
        return TensorType(dtype, shape, quantization: try quantization(), layout: layout)
    }

    private mutating func layout() throws -> Layout? {
        guard case .name(let word) = lexer.token, let layout = Layout(rawValue: word) else { return nil }
        try lexer.advance()
        return layout
    }

    mutating func valueType() throws -> ValueType {
        let wrap: (ValueType) -> ValueType
        switch lexer.token {
        case .name("seq"): wrap = ValueType.sequence
        case .name("optional"): wrap = ValueType.optional
        default: return .tensor(try tensorType())
        }
        depth += 1
        defer { depth -= 1 }
        guard depth < Parser.maximumDepth else { throw lexer.error("this is nested too deeply") }
        try lexer.advance()
        try expect("<")
        let inner = try valueType()
        try expect(">")
        return wrap(inner)
    }

    private mutating func quantization() throws -> TensorType.Quantization? {
        if try accept(name: "per_tensor") { return .perTensor }
        let isGroup = lexer.token == .name("per_group")
        guard isGroup || lexer.token == .name("per_channel") else { return nil }
        try lexer.advance()
        try expect("(")
        let axis = try integer()
        guard isGroup else {
            try expect(")")
            return .perChannel(axis: axis)
        }
        try expect(",")
        let size = try integer()
        try expect(")")
        return .perGroup(axis: axis, size: size)
    }

    private mutating func integer() throws -> Int {
        guard case .number(let text) = lexer.token, let value = Int(text) else { throw lexer.error("an integer is expected") }
        try lexer.advance()
        return value
    }

    /// `a*b + c - 1`
    mutating func dim() throws -> Dim {
        depth += 1
        defer { depth -= 1 }
        guard depth < Parser.maximumDepth else { throw lexer.error("this is nested too deeply") }
        var sum = try accept("-") ? try product() * Dim(-1) : try product()
        while true {
            if try accept("+") { sum = sum + (try product()) } else if try accept("-") { sum = sum - (try product()) } else { return sum }
        }
    }

    private mutating func product() throws -> Dim {
        var value = try factor()
        while try accept("*") {
            let place = lexer
            let next = try factor()
            guard (value.terms.count + 1) * (next.terms.count + 1) <= Parser.maximumTerms else {
                throw place.error("this product has too many terms")
            }
            value = value * next
        }
        return value
    }

    private mutating func factor() throws -> Dim {
        if try accept("(") {
            let inner = try dim()
            try expect(")")
            return inner
        }
        if try accept("?") { return .any }
        if case .number = lexer.token { return Dim(try integer()) }
        let place = lexer
        if case .string(let text) = lexer.token {
            // What begins with one is a symbol of ours.
            guard text.utf8.allSatisfy({ $0 >= 0x20 }) else { throw place.error("a size has no control characters in its name") }
            try lexer.advance()
            return .symbol(text)
        }
        let word = try name()
        guard Printer.functions.contains(word), lexer.token == .punctuation("(") else { return .symbol(word) }
        try expect("(")
        let a = try dim()
        try expect(",")
        let b = try dim()
        try expect(")")
        switch word {
        case "max": return .maximum(a, b)
        case "min": return .minimum(a, b)
        default:
            guard b.value != 0 else { throw place.error("division by zero") }
            return word == "mod" ? a.remainder(by: b) : a.floorDivided(by: b)
        }
    }

    mutating func attributes() throws -> Attributes {
        depth += 1
        defer { depth -= 1 }
        guard depth < Parser.maximumDepth else { throw lexer.error("this is nested too deeply") }
        try expect("{")
        var fields: Attributes = [:]
        try list(until: "}") { parser in
            let place = parser.lexer
            let key = try parser.key()
            try parser.expect(":")
            guard fields.updateValue(try parser.attributeValue(), forKey: key) == nil else {
                throw place.error("attribute '\(key)' is given twice")
            }
        }
        return fields
    }

    private mutating func attributeValue() throws -> AttributeValue {
        switch lexer.token {
        case .string(let text): try lexer.advance(); return .string(text)
        case .symbol(let text): try lexer.advance(); return .function(text)
        case .punctuation("{"): return .dictionary(try attributes())
        case .punctuation("["):
            try lexer.advance()
            var dims: [Dim] = []
            try list(until: "]") { parser in dims.append(try parser.dim()) }
            return .dims(dims)
        case .punctuation("<"):
            try lexer.advance()
            let value = try dim()
            try expect(">")
            return .dim(value)
        case .name(let word): return try wordValue(word)
        default:
            let number = try signedNumber()
            return number.isFloat ? .float(number.double) : .int(number.int)
        }
    }

    private mutating func wordValue(_ word: String) throws -> AttributeValue {
        let place = lexer
        if word == "inf" || word == "nan" { return .float(try float(place, try signedNumber())) }
        try lexer.advance()
        switch word {
        case "true": return .bool(true)
        case "false": return .bool(false)
        case "floats": return .floats(try numberList().map { try float(place, $0) })
        case "strings": return .strings(try stringList())
        default:
            guard let dtype = DType(rawValue: word) else { throw place.error("'\(word)' is no attribute value") }
            return .dtype(dtype)
        }
    }

    mutating func stringList() throws -> [String] {
        try expect("[")
        var items: [String] = []
        try list(until: "]") { parser in
            guard case .string(let text) = parser.lexer.token else { throw parser.lexer.error("a quoted string is expected") }
            items.append(text)
            try parser.lexer.advance()
        }
        return items
    }

    private func float(_ place: Lexer, _ number: Number) throws -> Double {
        guard number.fits(.f64) else { throw place.error("these are not the bits of a NaN of f64") }
        return number.double
    }

    /// A number as it is written, in the forms that it may be wanted in.
    struct Number {
        let text: String
        let double: Double
        /// An integer of i64, or of u64 wrapped; 0 for floats.
        let int: Int
        let isFloat: Bool
        /// Given for a NaN that names its bits.
        var bits: UInt64?

        /// Whether an element of `dtype` can be this number, rounded at most.
        func fits(_ dtype: DType) -> Bool {
            if let bits { return dtype.isNaN(bits) }
            if dtype.isFloat || dtype.narrowFloat != nil { return true }
            if isFloat { return dtype == .u64 && UInt(text) != nil }
            return dtype == .u64 ? int >= 0 : dtype.integerRange(as: Int.self).contains(int)
        }
    }

    mutating func numberList() throws -> [Number] {
        try expect("[")
        var items: [Number] = []
        try list(until: "]") { parser in items.append(try parser.signedNumber()) }
        return items
    }

    mutating func signedNumber() throws -> Number {
        let negative = try accept("-")
        let place = lexer
        switch lexer.token {
        case .name("inf"):
            try lexer.advance()
            return Number(text: "inf", double: negative ? -.infinity : .infinity, int: 0, isFloat: true)
        case .name("nan"):
            try lexer.advance()
            let bits = try nanBits()
            if negative && bits != nil { throw place.error("the bits of a NaN hold its sign") }
            let value = bits.map { Double(bitPattern: $0) } ?? .nan
            return Number(text: "nan", double: negative ? -value : value, int: 0, isFloat: true, bits: bits)
        case .number(let digits):
            try lexer.advance()
            let text = (negative ? "-" : "") + digits
            if let value = Int(text) { return Number(text: text, double: Double(value), int: value, isFloat: false) }
            guard let value = Double(text) else { throw place.error("'\(text)' is no number") }
            return Number(text: text, double: value, int: UInt(text).map { Int(bitPattern: $0) } ?? 0, isFloat: true)
        default: throw place.error("a value is expected")
        }
    }

    /// The bits in `nan(0x7ff8000000000001)`; nil for a plain `nan`.
    private mutating func nanBits() throws -> UInt64? {
        guard try accept("(") else { return nil }
        guard case .number(let text) = lexer.token, text.hasPrefix("0x"), let bits = UInt64(text.dropFirst(2), radix: 16) else {
            throw lexer.error("the bits of a NaN are expected, such as 0x7ff8000000000001")
        }
        try lexer.advance()
        try expect(")")
        return bits
    }
}
