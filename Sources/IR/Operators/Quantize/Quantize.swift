/// Rounding to levels of few bits, with a scale that is given.
package struct Quantize: TensorOperator {
    package static let opName = "quantize"

    package static let documentation = OperatorDocumentation(
        "Levels that stand for x: divided in the type of x, rounded to nearest even, moved by the zero point, and cut to what the type of "
            + "the levels holds (NaN gives 0). Floats of 8 bits and fewer are rounded by their conversion instead.",
        formula: "y = to(round(x / scale) + zero)",
        operands: ["x: f[…]", "scale: type of x; [], [n] along axis, or broadcasting to x", "zero?: to, shape of scale; default 0"],
        results: ["y: to[…]"],
        attributes: [
            "to": "type of the levels: an integer of at most 16 bits or a float of at most 8",
            "saturate": "as in cast, for floats of 8 bits",
        ].merging(ScalePlacement.documentation) { own, _ in own },
        onnx: "QuantizeLinear")

    package let to: DType
    package let placement: ScalePlacement
    package let saturate: Bool

    package init(to: DType, _ placement: ScalePlacement = ScalePlacement(), saturate: Bool = true) {
        (self.to, self.placement, self.saturate) = (to, placement, saturate)
    }

    package init(reading attributes: inout AttributeReader) throws {
        to = try attributes.dtype("to")
        placement = try ScalePlacement(reading: &attributes)
        saturate = try attributes.bool("saturate", default: true)
    }

    package var attributes: Attributes {
        var fields = placement.attributes
        fields["to"] = .dtype(to)
        if !saturate { fields["saturate"] = .bool(false) }
        return fields
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 2...3)
        let (x, scale) = (try Check.operand(inputs, 0, "x"), try Check.operand(inputs, 1, "scale"))
        try Check.float(x, "x")
        try Check.dtype(scale, x.dtype, "scale")
        guard to.narrowFloat != nil || to.isInteger && to.bits <= 16 else {
            throw InferenceError("levels are integers of at most 16 bits or floats of at most 8, not \(to.rawValue)")
        }
        _ = try placement.spread(scale, over: x, "scale")
        try ScalePlacement.check(zero: Check.optional(inputs, 2), of: to, scale)
        return [TensorType(to, x.shape)]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        Cost(flops: outputs.reduce(0) { $0 + $1.elementCount } * 4, bytes: Cost.traffic(inputs, outputs))
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (x, scale) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let positions = placement.positions(x.shape, scale.shape)
        let (values, scales, zeros) = (x.doubles, scale.doubles, inputs.count > 2 ? inputs[2]?.doubles : nil)
        // The quotient of two floats in double, rounded to their type, is that of the type itself.
        let quotients = Tensor(zip(values, positions).map { $0 / scales[$1] }, x.shape, as: x.dtype).doubles
        let levels = zip(quotients, positions).map { quotient, position in
            let level = to.narrowFloat == nil ? quotient.rounded(.toNearestOrEven) : quotient
            return level + (zeros?[position] ?? 0)
        }
        // 16 bits do not hold every level: the sum is one of f32.
        let sums = Tensor(levels, x.shape, as: x.dtype == .f64 ? .f64 : .f32)
        return try Cast(to: to, saturate: saturate).evaluate([sums], binding)
    }
}
