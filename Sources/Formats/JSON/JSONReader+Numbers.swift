/// A number of a JSON text.
package enum JSONNumber: Sendable, Equatable {
    /// A whole number, written without point and exponent, of at most 64 bits.
    case integer(magnitude: UInt64, isNegative: Bool)
    /// Any other.
    case double(Double)

    /// The nearest `Double`.
    package var double: Double {
        switch self {
        case .integer(let magnitude, let isNegative): isNegative ? -Double(magnitude) : Double(magnitude)
        case .double(let number): number
        }
    }

    /// The number as `T`; nil if it has a fraction or is out of range.
    package func exactly<T: FixedWidthInteger>(_ type: T.Type = T.self) -> T? {
        switch self {
        case .integer(let magnitude, false): return T(exactly: magnitude)
        case .integer(let magnitude, true):
            return magnitude <= 1 << 63 ? T(exactly: Int64(truncatingIfNeeded: 0 &- magnitude)) : nil
        case .double(let number): return T(exactly: number)
        }
    }

    /// As ``ConfigValue`` has it.
    var value: ConfigValue {
        if case .integer = self, let whole = exactly(Int.self) { return .int(whole) }
        return .double(double)
    }
}

extension JSONReader {
    /// The next value, which must be a number.
    package mutating func nextNumber() throws(CheckpointError) -> JSONNumber {
        skipSpace()
        guard let byte, byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
            throw unexpected("a number")
        }
        return try number()
    }

    mutating func number() throws(CheckpointError) -> JSONNumber {
        let start = position
        let read = try writtenNumber()
        let (digits, isNegative) = (read.digits, read.isNegative)
        if read.isInteger, digits.isExact { return .integer(magnitude: digits.number, isNegative: isNegative) }
        if digits.isExact, let double = JSONReader.double(digits.number, read.exponent) { return .double(isNegative ? -double : double) }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let value = Double(text), value.isFinite else { throw fault("number \(text.prefix(40)) is out of range") }
        return .double(value)
    }

    /// Reads a number as it is written, and does not ask which `Double` that is, which takes long for many digits.
    mutating func writtenNumber() throws(CheckpointError) -> Written {
        let isNegative = byte == UInt8(ascii: "-")
        if isNegative { position += 1 }
        let leading = byte
        var digits = Digits()
        let whole = take(&digits)
        guard whole > 0, whole == 1 || leading != UInt8(ascii: "0") else { throw fault("not a number") }
        var (isInteger, exponent) = (true, 0)
        if byte == UInt8(ascii: ".") {
            position += 1
            isInteger = false
            exponent = -take(&digits)
            guard exponent < 0 else { throw fault("a digit expected after the point") }
        }
        if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            isInteger = false
            exponent += try writtenExponent()
        }
        return Written(digits: digits, exponent: exponent, isInteger: isInteger, isNegative: isNegative)
    }

    /// A number as it is written: its digits without the point, times 10^`exponent`.
    struct Written {
        let digits: Digits
        let exponent: Int
        /// Without point and exponent.
        let isInteger: Bool
        let isNegative: Bool
    }

    /// Digits as a number, as long as 64 bits hold it.
    struct Digits {
        var number: UInt64 = 0
        var isExact = true
    }

    /// Reads digits behind those before; their number.
    private mutating func take(_ digits: inout Digits) -> Int {
        let start = position
        while position < bytes.count {
            let digit = bytes[position] &- UInt8(ascii: "0")
            if digit > 9 { break }
            let (tens, isTooLong) = digits.number.multipliedReportingOverflow(by: 10)
            let (sum, isTooLarge) = tens.addingReportingOverflow(UInt64(digit))
            if isTooLong || isTooLarge { digits.isExact = false }
            digits.number = sum
            position += 1
        }
        return position - start
    }

    private mutating func writtenExponent() throws(CheckpointError) -> Int {
        position += 1
        let isNegative = byte == UInt8(ascii: "-")
        if isNegative || byte == UInt8(ascii: "+") { position += 1 }
        var digits = Digits()
        guard take(&digits) > 0 else { throw fault("a digit expected in the exponent") }
        // Beyond this, all numbers are 0 or out of range, which is for the slow way to say.
        let exponent = digits.isExact ? Int(min(digits.number, 1 << 20)) : 1 << 20
        return isNegative ? -exponent : exponent
    }

    private static let powers: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ]

    /// `number` × 10^`exponent` where one rounding gives it: both factors are exact; nil elsewhere.
    private static func double(_ number: UInt64, _ exponent: Int) -> Double? {
        guard number <= 1 << 53, abs(exponent) < powers.count else { return nil }
        return exponent < 0 ? Double(number) / powers[-exponent] : Double(number) * powers[exponent]
    }
}
