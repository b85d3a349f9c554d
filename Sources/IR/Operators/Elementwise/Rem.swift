import Foundation

/// Remainder with the dividend's sign, as C's %; an integer modulo 0 gives 0.
package enum Rem: BinaryFunction {
    package static let opName = "rem"
    package static let summary = "Remainder with the dividend's sign, as C's %; an integer modulo 0 gives 0."
    package static let formula = "y = a - b · trunc(a / b)"
    package static let onnx = "Mod(fmod=1)"
    package static let flops = 4

    package static func apply(_ a: Double, _ b: Double) -> Double { fmod(a, b) }

    package static func apply<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer {
        b == 0 ? 0 : a.remainderReportingOverflow(dividingBy: b).partialValue
    }
}
