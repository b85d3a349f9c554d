import IR

extension OperatorMapping {
    static let microsoftRecurrent: [OperatorMapping] = [
        microsoft("DynamicQuantizeLSTM") { node in
            let layer = try RecurrentLayer(node, .lstm, quantized: true)
            var weights = try RecurrentLayer.Weights(&node)
            weights.w = try dequantized(&node, weights.w, scale: 8, zero: 9)
            weights.r = try dequantized(&node, weights.r, scale: 10, zero: 11)
            return try layer.write(&node, weights)
        }
    ]

    /// Weights `[d, i, 4 · h]` of 8 bits as `[d, 4 · h, i]` in f32; scale and zero point are `[d]` or `[d, 4 · h]`.
    private static func dequantized(_ node: inout NodeImport, _ weight: ValueID, scale: Int, zero: Int) throws -> ValueID {
        let stretched = { (node: inout NodeImport, value: ValueID) throws -> ValueID in
            let shape = node.shape(value)
            guard !shape.isEmpty else { throw NodeProblem("scales and zero points must have a dimension for directions") }
            return try node.reshape(value, [shape[0], 1, shape.count > 1 ? shape[1] : 1])
        }
        let centered = try node.binary(
            Sub.self, try node.cast(weight, to: .f32), try stretched(&node, try node.cast(try node.input(zero), to: .f32)))
        let scaled = try node.binary(Mul.self, centered, try stretched(&node, try node.input(scale)))
        return try node.transpose(scaled, [0, 2, 1])
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
