/// What levels of few bits stand for.
package struct Dequantize: TensorOperator {
    package static let opName = "dequantize"

    package static let documentation = OperatorDocumentation(
        "The numbers that levels stand for. The difference is exact; the product is one of f32, and converted to the wanted type then.",
        formula: "y = to((x - zero) · scale)",
        operands: [
            "x: levels[…]", "scale: f[], [n] along axis, or broadcasting to x", "zero?: type of x, shape of scale; default 0",
        ],
        results: ["y: to[…]"],
        attributes: ["to": "default f32"].merging(ScalePlacement.documentation) { own, _ in own }, onnx: "DequantizeLinear")

    package let placement: ScalePlacement
    package let to: DType

    package init(_ placement: ScalePlacement = ScalePlacement(), to: DType = .f32) { (self.placement, self.to) = (placement, to) }

    package init(reading attributes: inout AttributeReader) throws {
        placement = try ScalePlacement(reading: &attributes)
        to = try attributes.dtype("to", default: .f32)
    }

    package var attributes: Attributes {
        var fields = placement.attributes
        if to != .f32 { fields["to"] = .dtype(to) }
        return fields
    }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 2...3)
        let (x, scale) = (try Check.operand(inputs, 0, "x"), try Check.operand(inputs, 1, "scale"))
        guard x.dtype.isInteger && x.dtype.bits <= 32 || x.dtype.narrowFloat != nil else {
            throw InferenceError("x must be integers of at most 32 bits or floats of at most 8, not \(x)")
        }
        guard to.isFloat else { throw InferenceError("levels stand for floats, not for \(to.rawValue)") }
        try Check.float(scale, "scale")
        _ = try placement.spread(scale, over: x, "scale")
        try placement.check(x, scale)
        try ScalePlacement.check(zero: Check.optional(inputs, 2), of: x.dtype, scale)
        return [TensorType(to, x.shape)]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        Cost(flops: outputs.reduce(0) { $0 + $1.elementCount } * 2, bytes: Cost.traffic(inputs, outputs))
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (x, scale) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let positions = placement.positions(x.shape, scale.shape)
        let (levels, scales, zeros) = (x.doubles, scale.floats, inputs.count > 2 ? inputs[2]?.doubles : nil)
        let values = zip(levels, positions).map { level, position in Float(level - (zeros?[position] ?? 0)) * scales[position] }
        return try Cast(to: to).evaluate([Tensor(values, x.shape)], binding)
    }
}
