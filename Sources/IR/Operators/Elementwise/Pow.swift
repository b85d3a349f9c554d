import Foundation

/// Power; an integer to a negative power truncates towards zero (0 to a negative power gives 0).
package enum Pow: BinaryFunction {
    package static let opName = "pow"
    package static let summary = "Power; an integer to a negative power truncates towards zero (0 to a negative power gives 0)."
    package static let formula = "y = aᵇ"
    package static let onnx = "Pow"
    package static let flops = 20

    package static func apply(_ a: Double, _ b: Double) -> Double { pow(a, b) }

    /// Wrapping, by repeated squaring.
    package static func apply<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer {
        let minusOne: Integer = 0 &- 1
        if b < 0 { return a == 1 ? 1 : a == minusOne ? (b & 1 == 0 ? 1 : minusOne) : 0 }
        var (result, base, exponent): (Integer, Integer, Integer) = (1, a, b)
        while exponent > 0 {
            if exponent & 1 == 1 { result = result &* base }
            base = base &* base
            exponent >>= 1
        }
        return result
    }
}
