import Foundation

/// Angle in radians of a cosine; NaN beyond ±1.
package enum Acos: UnaryFunction {
    package static let opName = "acos"
    package static let summary = "Angle in radians of a cosine; NaN beyond ±1."
    package static let formula = "y = arccos x"
    package static let onnx = "Acos"
    package static let flops = 15

    package static func apply(_ x: Double) -> Double { acos(x) }
}
