import Foundation

/// Logarithm of the softmax along an axis.
package struct LogSoftmax: TensorOperator {
    package static let opName = "log_softmax"

    package static let documentation = OperatorDocumentation(
        "Logarithm of the softmax.", formula: "y = x - m - ln Σ e^(x - m), m = max x", operands: ["x: float[…]"], results: ["y: as x"],
        attributes: ["axis": "default -1"], onnx: "LogSoftmax")

    package static let facts: OperatorFacts = .differentiable

    package let axis: Int

    package init(axis: Int = -1) { self.axis = axis }

    package init(reading attributes: inout AttributeReader) throws { axis = try attributes.int("axis", default: -1) }

    package var attributes: Attributes { axis == -1 ? [:] : ["axis": .int(axis)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] { try AlongAxis.infer(inputs, axis: axis) }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .elementwise(inputs, outputs, perElement: 10) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let result = try AlongAxis.map(try Tensor.operand(inputs, 0), axis: axis) { line in
            let highest = line.max() ?? 0
            let total = highest + log(line.reduce(0) { $0 + exp($1 - highest) })
            return line.map { $0 - total }
        }
        return [result]
    }
}
