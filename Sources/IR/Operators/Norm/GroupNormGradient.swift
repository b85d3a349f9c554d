/// The gradients of a ``GroupNorm``, and of SiLU behind it, all worked out from x: nothing of the way there needs to be kept.
package struct GroupNormGradient: TensorOperator {
    package static let opName = "group_norm_gradient"

    package static let documentation = OperatorDocumentation(
        "Gradients of group normalization, or with silu of SiLU of it, by x, weight and bias.",
        formula: "n = (x - mean(x)) / √(var(x) + eps), dz = dy · silu′(n · weight + bias) or dy, g = dz · weight; "
            + "dx = (g - mean(g) - n · mean(g · n)) / √(var(x) + eps), dweight = Σ dz · n, dbias = Σ dz",
        operands: ["x: float[n, c, …]", "dy: as x", "weight?: float[c]", "bias?: float[c], which silu alone reads"],
        results: ["dx: as x", "dweight: dtype of x[c]", "dbias: dtype of x[c]"],
        attributes: [
            "groups": "number of groups; divides c", "eps": "added to the variance", "silu": "SiLU follows the norm, default false",
        ],
        onnx: "the arithmetic of the formula")

    package let groups: Int
    package let eps: Double
    package let silu: Bool

    package init(groups: Int, eps: Double, silu: Bool = false) { (self.groups, self.eps, self.silu) = (groups, eps, silu) }

    package init(reading attributes: inout AttributeReader) throws {
        groups = try attributes.int("groups")
        eps = try attributes.double("eps")
        silu = try attributes.bool("silu")
    }

    package var attributes: Attributes { FusedGroupNorm(groups: groups, eps: eps, silu: silu).attributes }

    package func infer(_ inputs: [TensorType?]) throws -> [TensorType] {
        try Check.count(inputs, 2...4)
        let x = try GroupNorm.resultType([Check.optional(inputs, 0)] + inputs.dropFirst(2), groups: groups)
        let dy = try Check.operand(inputs, 1, "dy")
        try Check.float(dy, "dy")
        try Check.shape(dy, x.shape, "dy")
        let channels = x.with(shape: [x.shape[1]])
        return [x, channels, channels]
    }

    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        .elementwise(inputs, Array(outputs.prefix(1)), perElement: 16 + (silu ? 2 * Silu.flops : 0))
    }

    package func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor] {
        let (x, dy) = (try Tensor.operand(inputs, 0), try Tensor.operand(inputs, 1))
        let (channels, spatial) = (x.shape[1], x.shape[2...].reduce(1, *))
        let (weight, bias) = (inputs.count > 2 ? inputs[2]?.doubles : nil, inputs.count > 3 ? inputs[3]?.doubles : nil)
        let (values, size) = (x.doubles, channels / groups * spatial)
        var (dx, dz) = ([Double](repeating: 0, count: values.count), dy.doubles)
        var (dweight, dbias) = ([Double](repeating: 0, count: channels), [Double](repeating: 0, count: channels))
        for start in stride(from: 0, to: values.count, by: max(size, 1)) {
            let group = values[start..<start + size]
            let mean = group.reduce(0, +) / Double(size)
            let inverse = 1 / (group.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(size) + eps).squareRoot()
            var (level, tilt) = (0.0, 0.0)
            for index in start..<start + size {
                let (channel, n) = (index / spatial % channels, (values[index] - mean) * inverse)
                if silu { dz[index] *= GroupNormGradient.slope(n * (weight?[channel] ?? 1) + (bias?[channel] ?? 0)) }
                dweight[channel] += dz[index] * n
                dbias[channel] += dz[index]
                level += dz[index] * (weight?[channel] ?? 1) / Double(size)
                tilt += dz[index] * (weight?[channel] ?? 1) * n / Double(size)
            }
            for index in start..<start + size {
                let g = dz[index] * (weight?[index / spatial % channels] ?? 1)
                dx[index] = inverse * (g - level - (values[index] - mean) * inverse * tilt)
            }
        }
        return [
            Tensor(dx, x.shape, as: x.dtype), Tensor(dweight, [channels], as: x.dtype), Tensor(dbias, [channels], as: x.dtype),
        ]
    }

    /// silu′(z)
    private static func slope(_ z: Double) -> Double {
        let s = Sigmoid.apply(z)
        return s + z * s * (1 - s)
    }
}
