/// The same bits as elements of another type.
package struct BitCast: TensorOperator {
    package static let opName = "bit_cast"

    package static let documentation = OperatorDocumentation(
        "Reads the bits of each element as an element of another type of the same width.", formula: "bits(y) = bits(x)",
        operands: ["x: any[…]"], results: ["y: to[…]"], attributes: ["to": "the other dtype, as wide as that of x"], onnx: "BitCast")

    package let to: DType

    package init(to: DType) { self.to = to }

    package init(reading attributes: inout AttributeReader) throws { to = try attributes.dtype("to") }

    package var attributes: Attributes { ["to": .dtype(to)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let x = try Check.operand(inputs, 0, "x")
        guard x.dtype.bits == to.bits, to != .string else { throw InferenceError("\(to.rawValue) is not as wide as x (\(x))") }
        return [TensorType(to, x.shape)]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost { Cost(flops: 0, bytes: 0) }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        guard let y = Tensor(dtype: to, shape: x.shape, bytes: x.bytes) else { throw EvaluationError("\(x.type) is not as wide as \(to)") }
        return [y]
    }
}
