/// The filter of the way back through a convolution: inputs and outputs exchanged, taps in the opposite order. Its own inverse.
package struct TurnFilter: TensorOperator {
    package static let opName = "turn_filter"

    package static let documentation = OperatorDocumentation(
        "Turns a filter around for the way back: in each group, inputs and outputs change places, and taps come in the opposite order.",
        formula: "y[g·c + i, j, p…] = weight[g·o + j, i, (k - 1 - p)…], c inputs and o outputs in each group g",
        operands: ["weight: float[o, c/groups, k…] with 1 to 3 spatial dimensions"],
        results: ["y: dtype of weight[c, o/groups, k…]"], attributes: ["groups": "channel groups, default 1"],
        onnx: "Transpose, then Slice with negative steps")

    package static let facts: OperatorFacts = [.differentiable, .movement]

    package let groups: Int

    package init(groups: Int = 1) { self.groups = groups }

    package init(reading attributes: inout AttributeReader) throws { groups = try attributes.int("groups", default: 1) }

    package var attributes: Attributes { groups == 1 ? [:] : ["groups": .int(groups)] }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 1...1)
        let weight = try Check.operand(inputs, 0, "weight")
        try Check.float(weight, "weight")
        try Check.rank(weight, 3...5, "weight")
        guard groups > 0, weight.shape[0].remainder(by: Dim(groups)).value ?? 0 == 0 else {
            throw InferenceError("\(groups) groups do not divide the outputs of weight (\(weight))")
        }
        let turned = [weight.shape[1] * Dim(groups), weight.shape[0].floorDivided(by: Dim(groups))]
        return [weight.with(shape: turned + weight.shape[2...])]
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let weight = try Tensor.operand(inputs, 0)
        let (inner, outer) = (weight.shape[1], weight.shape[0] / groups)
        let shape = [inner * groups, outer] + weight.shape[2...]
        let strides = rowMajorStrides(weight.shape)
        return [
            weight.picking(shape) { index in
                var place = (index[0] / max(inner, 1) * outer + index[1]) * strides[0] + index[0] % max(inner, 1) * strides[1]
                for axis in 2..<shape.count { place += (shape[axis] - 1 - index[axis]) * strides[axis] }
                return place
            }
        ]
    }
}
