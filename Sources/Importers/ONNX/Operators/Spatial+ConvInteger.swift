import IR

extension OperatorMapping {
    /// Products of integers, summed exactly, as f32 or f64.
    ///
    /// An f32 holds integers below 2²⁴. Where |x| · |w| · taps is more, x is written as high · 16 + low, and each part is convolved on its own;
    /// where that is still too much, in double precision. Fast kernels for 3 × 3 filters round on the way, but sums are whole numbers.
    static func integerConv(
        _ node: inout NodeImport, _ x: ValueID, _ weight: ValueID, zero: ValueID?, weightZero: ValueID?, channelsLast: Bool
    ) throws -> ValueID {
        let rank = node.rank(x)
        let source = channelsLast ? try node.transpose(x, [0, rank - 1] + (1..<rank - 1)) : x
        let windows = try node.windows(kernel: try node.kernelSizes(of: weight), over: Array(node.shape(source).dropFirst(2)))
        let groups = try node.int("group", 1)
        let depth = node.shape(weight)[1].value ?? Int(Int32.max)
        let products = windows.kernel.reduce(depth) { $0.multipliedReportingOverflow(by: $1).partialValue } &* largest(node, weight, weightZero)
        let (low, whole) = (1 << 24, 256)
        let dtype: DType = products > 0 && products < low / 16 ? .f32 : .f64
        var a = try node.cast(source, to: dtype)
        if let zero { a = try node.binary(Sub.self, a, try node.alongChannels(try node.cast(zero, to: dtype), rank: rank)) }
        var w = try node.cast(weight, to: dtype)
        if let weightZero {
            let offsets = try node.cast(weightZero, to: dtype)
            let sizes = [node.type(offsets).elementCount] + [Dim](repeating: 1, count: rank - 1)
            w = try node.binary(Sub.self, w, try node.reshape(offsets, sizes))
        }
        if dtype == .f64 { return try conv(&node, a, w, nil, windows, groups: groups) }
        if products < low / whole { return try node.unary(Round.self, try conv(&node, a, w, nil, windows, groups: groups)) }
        let high = try node.unary(Floor.self, try node.binary(Mul.self, a, 1 / 16))
        let rest = try node.binary(Sub.self, a, try node.binary(Mul.self, high, 16))
        let upper = try node.unary(Round.self, try conv(&node, high, w, nil, windows, groups: groups))
        let lower = try node.unary(Round.self, try conv(&node, rest, w, nil, windows, groups: groups))
        let sum = try node.binary(Mul.self, try node.cast(upper, to: .i32), 16)
        return try node.binary(Add.self, sum, try node.cast(lower, to: .i32))
    }

    /// The largest |weight - zero|.
    private static func largest(_ node: NodeImport, _ weight: ValueID, _ zero: ValueID?) -> Int {
        let offsets = zero.map { node.scope.constantTensor($0)?.integers } ?? [0]
        guard let values = node.scope.constantTensor(weight)?.integers, let offsets, let low = offsets.min(), let high = offsets.max() else {
            return 255
        }
        return values.reduce(1) { max($0, abs($1 - low), abs($1 - high)) }
    }

    /// y = x̂ ∗ ŵ + b in integers, scaled by x_scale · w_scale / y_scale, rounded half to even, moved by y's zero point.
    static func quantizedConv(_ node: inout NodeImport) throws -> ValueID {
        let (x, weight) = (try node.input(0), try node.input(3))
        let channelsLast = try node.flag("channels_last", false)
        let rank = node.rank(x)
        var y = try integerConv(&node, x, weight, zero: node.optional(2), weightZero: node.optional(5), channelsLast: channelsLast)
        if let bias = node.optional(8) {
            y = try node.binary(Add.self, try node.cast(y, to: .i32), try node.alongChannels(bias, rank: rank))
        }
        let factor = try node.binary(
            Div.self, try node.binary(Mul.self, try node.input(1), try node.input(4)), try node.input(6))
        y = try node.binary(Mul.self, try node.cast(y, to: .f32), try node.alongChannels(try node.cast(factor, to: .f32), rank: rank))
        y = try requantized(&node, y, zero: node.optional(7), like: node.optional(7).map { node.dtype($0) } ?? node.dtype(x))
        return channelsLast ? try node.transpose(y, [0] + (2..<rank) + [1]) : y
    }

    /// Rounded half to even, moved by a zero point, and held in the range of `dtype`.
    static func requantized(_ node: inout NodeImport, _ x: ValueID, zero: ValueID?, like dtype: DType) throws -> ValueID {
        var y = try node.unary(Round.self, x)
        if let zero { y = try node.binary(Add.self, y, try node.reshape(try node.cast(zero, to: node.dtype(x)), [])) }
        let (low, high): (Double, Double) = dtype == .u8 ? (0, 255) : dtype == .i8 ? (-128, 127) : dtype == .u16 ? (0, 65535) : (-32768, 32767)
        y = try node.binary(Minimum.self, try node.binary(Maximum.self, y, low), high)
        return try node.cast(y, to: dtype)
    }
}
