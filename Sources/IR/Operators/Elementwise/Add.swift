/// Elementwise sum.
package enum Add: BinaryFunction {
    package static let opName = "add"
    package static let summary = "Elementwise sum."
    package static let formula = "y = a + b"
    package static let onnx = "Add"
    package static let flops = 1
    package static let isCommutative = true

    package static func apply(_ a: Double, _ b: Double) -> Double { a + b }

    package static func apply<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer { a &+ b }
}
