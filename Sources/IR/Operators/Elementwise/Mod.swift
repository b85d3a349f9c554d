import Foundation

/// Remainder with the divisor's sign, as Python's %; an integer modulo 0 gives 0.
package enum Mod: BinaryFunction {
    package static let opName = "mod"
    package static let summary = "Remainder with the divisor's sign, as Python's %; an integer modulo 0 gives 0."
    package static let formula = "y = a - b · ⌊a / b⌋"
    package static let onnx = "Mod(fmod=0)"
    package static let flops = 4

    package static func apply(_ a: Double, _ b: Double) -> Double {
        let remainder = fmod(a, b)
        return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
    }

    package static func apply<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer {
        guard b != 0 else { return 0 }
        let remainder = a.remainderReportingOverflow(dividingBy: b).partialValue
        return remainder != 0 && (remainder < 0) != (b < 0) ? remainder &+ b : remainder
    }
}
