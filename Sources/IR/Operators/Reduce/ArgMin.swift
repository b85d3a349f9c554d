/// Where the smallest element lies.
package struct ArgMin: TensorOperator {
    package static let opName = "arg_min"

    package static let documentation = OperatorDocumentation(
        "Index of the smallest element along one axis, the first of equals; a NaN counts as smallest.",
        formula: "y = min {i : x[i] = min x} along axis", operands: ["x: float or integer[…]"],
        results: ["y: i64, without the axis, or with size 1 there"],
        attributes: ["axis": "dimension that is searched; not empty", "keep_dims": "leave size 1 in its place, default false"],
        onnx: "ArgMin(select_last_index=0)")

    package let axis: Int
    package let keepDims: Bool

    package init(axis: Int, keepDims: Bool = false) {
        self.axis = axis
        self.keepDims = keepDims
    }

    package init(reading attributes: inout AttributeReader) throws {
        axis = try attributes.int("axis")
        keepDims = try attributes.bool("keep_dims")
    }

    package var attributes: Attributes { keepDims ? ["axis": .int(axis), "keep_dims": .bool(true)] : ["axis": .int(axis)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try ArgMax.infer(inputs, axis: axis, keepDims: keepDims)
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        Cost(flops: inputs.reduce(0) { $0 + ($1?.elementCount ?? 0) }, bytes: Cost.traffic(inputs, outputs))
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let x = try Tensor.operand(inputs, 0)
        return [try ArgMax.search(x, axis: axis, keepDims: keepDims, { $0 < $1 }, { $0 < $1 })]
    }
}
