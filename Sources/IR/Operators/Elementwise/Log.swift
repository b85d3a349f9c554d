import Foundation

/// Natural logarithm; NaN below zero, -inf at zero.
package enum Log: UnaryFunction {
    package static let opName = "log"
    package static let summary = "Natural logarithm; NaN below zero, -inf at zero."
    package static let formula = "y = ln x"
    package static let onnx = "Log"
    package static let flops = 10

    package static func apply(_ x: Double) -> Double { log(x) }
}
