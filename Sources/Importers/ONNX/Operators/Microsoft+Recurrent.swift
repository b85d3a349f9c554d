import IR

extension OperatorMapping {
    static let microsoftRecurrent: [OperatorMapping] = [
        microsoft("DynamicQuantizeLSTM") { node in
            let layer = try RecurrentLayer(node, .lstm, quantized: true)
            var weights = try RecurrentLayer.Weights(&node)
            weights.levels = (
                Quantized(value: weights.w, scale: try node.input(8), zero: node.optional(9)),
                Quantized(value: weights.r, scale: try node.input(10), zero: node.optional(11))
            )
            try node.require(
                [try node.input(8), node.optional(9), try node.input(10), node.optional(11)], rank: 1...2, "scales and zero points")
            return try layer.write(&node, weights)
        }
    ]

    /// Levels of 8 bits `[h, 4 · h]` of one direction as the operator `lstm` takes them: i8 `[4 · h, h]`, a scale for each row, and what
    /// stands for 0.
    static func recurrentLevels(_ node: inout NodeImport, _ r: Quantized) throws -> Quantized {
        let width = node.shape(r.value)[1]
        let weight = try node.transpose(node.dtype(r.value) == .u8 ? try flipped(&node, r.value, to: .i8) : r.value, [1, 0])
        let scale = try r.scale.map { try node.expand($0, [width]) }
        return Quantized(value: weight, scale: scale, zero: try offset(&node, r).map { try node.expand($0, [width]) })
    }

    /// Levels `[d, h, 4 · h]` of 8 bits as `[d, 4 · h, h]` in f32; scale and zero point are `[d]` or `[d, 4 · h]`.
    static func dequantizedRecurrent(_ node: inout NodeImport, _ r: Quantized) throws -> ValueID {
        let stretched = { (node: inout NodeImport, value: ValueID) throws -> ValueID in
            let shape = node.shape(value)
            return try node.reshape(value, [shape[0], 1, shape.count > 1 ? shape[1] : 1])
        }
        var levels = try node.cast(r.value, to: .f32)
        if let zero = r.zero { levels = try node.binary(Sub.self, levels, try stretched(&node, try node.cast(zero, to: .f32))) }
        if let scale = r.scale { levels = try node.binary(Mul.self, levels, try stretched(&node, scale)) }
        return try node.transpose(levels, [0, 2, 1])
    }
}

extension NodeImport {
    /// `x` in f32, rounded to 8 bits as DynamicQuantizeLinear does: with a scale and a zero point for all that lies along `axes`.
    mutating func rounded8Bits(_ x: ValueID, along axes: [Int]) throws -> ValueID {
        let low = try binary(Minimum.self, try reduce(ReduceMin.self, x, axes, keepDims: true), 0)
        let high = try binary(Maximum.self, try reduce(ReduceMax.self, x, axes, keepDims: true), 0)
        let width = try binary(Sub.self, high, low)
        // Nothing but zeros stays so.
        let scale = try choose(try compare(Greater.self, width, 0), try binary(Div.self, width, 255), try scalar(1, dtype(x)))
        let zero = try clamped(try unary(Round.self, try binary(Div.self, try binary(Sub.self, try scalar(0, dtype(x)), low), scale)))
        let steps = try unary(Round.self, try binary(Div.self, x, scale))
        let stored = try clamped(try binary(Add.self, steps, zero))
        return try binary(Mul.self, try binary(Sub.self, stored, zero), scale)
    }

    private mutating func clamped(_ x: ValueID) throws -> ValueID {
        try binary(Minimum.self, try binary(Maximum.self, x, 0), 255)
    }
}
