/// Quotient; integers truncate towards zero, and an integer divided by 0 gives 0.
package enum Div: BinaryFunction {
    package static let opName = "div"
    package static let summary = "Quotient; integers truncate towards zero, and an integer divided by 0 gives 0."
    package static let formula = "y = a / b"
    package static let onnx = "Div"
    package static let flops = 1

    package static func apply(_ a: Double, _ b: Double) -> Double { a / b }

    package static func apply<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer {
        b == 0 ? 0 : a.dividedReportingOverflow(by: b).partialValue
    }
}
