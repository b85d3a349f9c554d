/// Elementwise difference.
package enum Sub: BinaryFunction {
    package static let opName = "sub"
    package static let summary = "Elementwise difference."
    package static let formula = "y = a - b"
    package static let onnx = "Sub"
    package static let flops = 1

    package static func apply(_ a: Double, _ b: Double) -> Double { a - b }

    package static func apply<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer { a &- b }
}
