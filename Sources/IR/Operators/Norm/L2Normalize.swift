/// Scaling to unit length.
package struct L2Normalize: TensorOperator {
    package static let opName = "l2_normalize"

    package static let documentation = OperatorDocumentation(
        "Divides each line along an axis by its Euclidean length.", formula: "y = x / max(‖x‖₂, eps)", operands: ["x: float[…]"],
        results: ["y: as x"], attributes: ["axis": "default -1", "eps": "smallest divisor, default 1e-12"], onnx: "LpNormalization(p=2)")

    package static let facts: OperatorFacts = .differentiable

    package let axis: Int
    package let eps: Double

    package init(axis: Int = -1, eps: Double = 1e-12) {
        self.axis = axis
        self.eps = eps
    }

    package init(reading attributes: inout AttributeReader) throws {
        axis = try attributes.int("axis", default: -1)
        eps = try attributes.double("eps", default: 1e-12)
    }

    package var attributes: Attributes {
        var fields: Attributes = [:]
        if axis != -1 { fields["axis"] = .int(axis) }
        if eps != 1e-12 { fields["eps"] = .float(eps) }
        return fields
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] { try AlongAxis.infer(inputs, axis: axis) }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { .elementwise(inputs, outputs, perElement: 3) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let result = try AlongAxis.map(try Tensor.operand(inputs, 0), axis: axis) { line in
            let length = max(line.reduce(0) { $0 + $1 * $1 }.squareRoot(), eps)
            return line.map { $0 / length }
        }
        return [result]
    }
}
