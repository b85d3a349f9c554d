/// Elementwise product.
package enum Mul: BinaryFunction {
    package static let opName = "mul"
    package static let summary = "Elementwise product."
    package static let formula = "y = a · b"
    package static let onnx = "Mul"
    package static let flops = 1
    package static let isCommutative = true

    package static func apply(_ a: Double, _ b: Double) -> Double { a * b }

    package static func apply<Integer: FixedWidthInteger>(_ a: Integer, _ b: Integer) -> Integer { a &* b }
}
