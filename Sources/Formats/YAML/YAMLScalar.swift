/// What plain scalars mean in YAML 1.1, as PyYAML's safe loader takes them.
enum YAMLScalar {
    /// The value of a scalar without quotes and tag.
    static func resolve(_ text: String) -> ConfigValue {
        if text.isEmpty || text == "~" || text == "null" || text == "Null" || text == "NULL" { return .null }
        if let value = bool(text) { return .bool(value) }
        return integer(text) ?? float(text).map { .double($0) } ?? .string(YAMLTimestamp.text(text) ?? text)
    }

    /// The value of a scalar with a tag such as `!!int`.
    static func construct(_ text: String, tag: String) throws(YAMLError) -> ConfigValue {
        switch tag {
        case "!!str": return .string(text)
        case "!!null": return .null
        case "!!bool": if let value = bool(text) ?? bool(text.lowercased()) { return .bool(value) }
        case "!!int": if let value = integer(text) { return value }
        case "!!timestamp": if let value = YAMLTimestamp.text(text) { return .string(value) }
        case "!!float": if let value = float(text) ?? ScalarNumber.decimal(text) { return .double(value) }
        default: break
        }
        throw YAMLError("tag \(tag) on `\(text)`")
    }

    /// A scalar as the key of a dictionary, written as in JSON; nil for collections.
    static func keyText(_ key: ConfigValue) -> String? {
        switch key {
        case .string(let text): text
        case .list, .dict: nil
        default: key.description
        }
    }

    private static func bool(_ text: String) -> Bool? {
        switch text {
        case "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": true
        case "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": false
        default: nil
        }
    }

    /// Binary `0b1`, octal `017`, decimal, hexadecimal `0x1F` and sexagesimal `1:30`, with `_` between digits; a
    /// double if `Int` is too small.
    private static func integer(_ text: String) -> ConfigValue? {
        let (sign, body) = signed(text)
        guard let first = body.utf8.first, isDigit(first) else { return nil }
        if body.hasPrefix("0b") { return number(sign, body.dropFirst(2), radix: 2) }
        if body.hasPrefix("0x") { return number(sign, body.dropFirst(2), radix: 16) }
        if body.contains(":") { return first == UInt8(ascii: "0") ? nil : sexagesimal(sign, body) }
        if first == UInt8(ascii: "0"), body.utf8.count > 1 { return number(sign, body.dropFirst(), radix: 8) }
        return number(sign, body[...], radix: 10)
    }

    private static func number(_ sign: Int, _ digits: Substring, radix: Int) -> ConfigValue? {
        var value = 0
        var large = 0.0
        var hasOverflow = false
        var hasDigits = false
        for byte in digits.utf8 where byte != UInt8(ascii: "_") {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, digit < radix else { return nil }
            hasDigits = true
            let (product, overflow) = value.multipliedReportingOverflow(by: radix)
            let (sum, overflow2) = product.addingReportingOverflow(sign * digit)
            value = sum
            hasOverflow = hasOverflow || overflow || overflow2
            large = large * Double(radix) + Double(digit)
        }
        // `0_` is zero in PyYAML; `0x_` is not a number.
        guard hasDigits || radix == 8 && !digits.isEmpty else { return nil }
        if !hasOverflow { return .int(value) }
        let exact = radix == 10 ? Double(digits.filter { $0 != "_" }) : nil
        return .double(Double(sign) * (exact ?? large))
    }

    private static func sexagesimal(_ sign: Int, _ text: Substring) -> ConfigValue? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let head = parts.first, case .int(var value) = number(1, head, radix: 10), parts.count > 1 else {
            return nil
        }
        for part in parts.dropFirst() {
            guard let digit = sixtieth(part) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 60)
            let (sum, overflow2) = product.addingReportingOverflow(digit)
            guard !overflow, !overflow2 else { return nil }
            value = sum
        }
        return .int(sign * value)
    }

    /// 0…59 in one or two digits.
    private static func sixtieth(_ text: Substring) -> Int? {
        guard (1...2).contains(text.utf8.count), text.utf8.allSatisfy(isDigit), let value = Int(text) else {
            return nil
        }
        return value < 60 ? value : nil
    }

    /// Floats need a point; an exponent needs a sign: `1e-5` and `1.0e5` are text.
    private static func float(_ text: String) -> Double? {
        let (sign, body) = signed(text)
        if body == ".inf" || body == ".Inf" || body == ".INF" { return Double(sign) * .infinity }
        if text == ".nan" || text == ".NaN" || text == ".NAN" { return .nan }
        guard let point = body.firstIndex(of: ".") else { return nil }
        let whole = body[..<point]
        let rest = body[body.index(after: point)...]
        if whole.contains(":") { return sexagesimalFloat(sign, whole, rest) }
        if whole.isEmpty {
            guard text.hasPrefix("."), let first = rest.utf8.first, isDigit(first) else { return nil }
        } else {
            guard let first = whole.utf8.first, isDigit(first), whole.utf8.allSatisfy(isDigitOrLine) else { return nil }
        }
        guard let (fraction, exponent) = splitExponent(rest) else { return nil }
        let digits = { (part: Substring) in part.filter { $0 != "_" } }
        return Double("\(digits(whole).isEmpty ? "0" : digits(whole)).\(digits(fraction))0e\(exponent)")
            .map { Double(sign) * $0 }
    }

    private static func splitExponent(_ text: Substring) -> (Substring, String)? {
        let fraction = text.prefix { $0 != "e" && $0 != "E" }
        guard fraction.utf8.allSatisfy(isDigitOrLine) else { return nil }
        let exponent = text.dropFirst(fraction.count).dropFirst()
        if fraction.endIndex == text.endIndex { return (fraction, "0") }
        guard let sign = exponent.first, sign == "+" || sign == "-", exponent.utf8.count > 1,
            exponent.utf8.dropFirst().allSatisfy(isDigit)
        else { return nil }
        return (fraction, String(exponent))
    }

    private static func sexagesimalFloat(_ sign: Int, _ whole: Substring, _ rest: Substring) -> Double? {
        guard rest.utf8.allSatisfy(isDigitOrLine) else { return nil }
        let parts = whole.split(separator: ":", omittingEmptySubsequences: false)
        guard let head = parts.first, let first = head.utf8.first, isDigit(first),
            head.utf8.allSatisfy(isDigitOrLine), var value = Double(head.filter { $0 != "_" })
        else { return nil }
        for (index, part) in parts.dropFirst().enumerated() {
            guard let digit = sixtieth(part) else { return nil }
            let isLast = index == parts.count - 2
            let fraction = isLast ? rest.filter { $0 != "_" } : ""
            value = value * 60 + (Double("\(digit).\(fraction)0") ?? 0)
        }
        return Double(sign) * value
    }

    private static func signed(_ text: String) -> (Int, Substring) {
        if text.hasPrefix("-") { return (-1, text.dropFirst()) }
        return (1, text.hasPrefix("+") ? text.dropFirst() : text[...])
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isDigitOrLine(_ byte: UInt8) -> Bool { isDigit(byte) || byte == UInt8(ascii: "_") }
}

/// Numbers in plain decimal text.
enum ScalarNumber {
    /// A finite decimal such as `1e-05`, `-2.5` or `.5`; nil for anything else (hexadecimal, `inf`, spaces).
    static func decimal(_ text: String) -> Double? {
        let allowed = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                true
            default: false
            }
        }
        guard allowed, let value = Double(text), value.isFinite else { return nil }
        return value
    }
}
