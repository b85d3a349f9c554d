import IR

extension OperatorMapping {
    static let convolutions: [OperatorMapping] = [
        .one("Conv") { node in try conv(&node) },
        .one("FusedConv", domain: "com.microsoft") { node in
            var y = try conv(&node)
            if let residual = node.optional(3) { y = try node.binary(Add.self, y, residual) }
            return try activation(&node, y)
        },
        .one("ConvTranspose") { node in try convTranspose(&node) },
        .one("ConvInteger") { node in
            let sums = try integerConv(
                &node, node.input(0), node.input(1), zero: node.optional(2), weightZero: node.optional(3), channelsLast: false)
            return try node.cast(sums, to: .i32)
        },
        .one("QLinearConv") { node in try quantizedConv(&node) },
        .one("QLinearConv", domain: "com.microsoft") { node in try quantizedConv(&node) },
        .one("DeformConv") { node in try deformConv(&node) },
        OperatorMapping("CausalConvWithState") { node in try causalConv(&node) },
    ]

    private static func conv(_ node: inout NodeImport) throws -> ValueID {
        let (x, weight) = (try node.input(0), try node.input(1))
        let windows = try node.windows(kernel: try node.kernelSizes(of: weight), over: Array(node.shape(x).dropFirst(2)))
        return try conv(&node, x, weight, node.optional(2), windows, groups: try node.int("group", 1))
    }

    /// A convolution; negative padding cuts x first.
    static func conv(
        _ node: inout NodeImport, _ x: ValueID, _ weight: ValueID, _ bias: ValueID?, _ windows: SlidingWindows, groups: Int
    ) throws -> ValueID {
        let rank = windows.kernel.count
        var x = x
        for axis in 0..<rank {
            let (start, end) = (max(-windows.before(axis), 0), max(-windows.behind(axis), 0))
            if start + end == 0 { continue }
            x = try node.emit(Slice(axis: axis + 2, start: Dim(start), end: node.shape(x)[axis + 2] - Dim(end)), x)
        }
        let geometry = ConvGeometry(
            stride: windows.stride, padding: windows.padding.map { max($0, 0) }, dilation: windows.dilation, groups: groups)
        return try node.emit(Conv(geometry), bias == nil ? [x, weight] : [x, weight, bias])
    }

    /// The attributes `activation` and `activation_params` of ONNX Runtime's fused operators.
    static func activation(_ node: inout NodeImport, _ x: ValueID) throws -> ValueID {
        let numbers = try node.floats("activation_params") ?? []
        func number(_ index: Int, _ usual: Double) -> Double { index < numbers.count ? numbers[index] : usual }
        switch try node.string("activation", "") {
        case "": return x
        case "Relu": return try node.unary(Relu.self, x)
        case "Tanh": return try node.unary(Tanh.self, x)
        case "Sigmoid": return try node.unary(Sigmoid.self, x)
        case "LeakyRelu":
            let scaled = try node.binary(Mul.self, x, number(0, 0.01))
            return try node.choose(try node.compare(Less.self, x, 0), scaled, x)
        case "Clip":
            let least = try node.binary(Maximum.self, x, number(0, -Double(Float.greatestFiniteMagnitude)))
            return try node.binary(Minimum.self, least, number(1, Double(Float.greatestFiniteMagnitude)))
        case "HardSigmoid": return try hardSigmoid(&node, x, alpha: number(0, 0.2), beta: number(1, 0.5))
        case let other: throw NodeProblem("activation '\(other)' is not supported")
        }
    }

    /// What a deformed kernel sees, as channels: read between pixels, weighted by the mask, then convolved with a kernel of one pixel.
    private static func deformConv(_ node: inout NodeImport) throws -> ValueID {
        let (x, weight, offsets) = (try node.input(0), try node.input(1), try node.input(2))
        let (shape, dtype) = (node.shape(x), node.dtype(x))
        let windows = try node.windows(kernel: try node.kernelSizes(of: weight), over: Array(shape.dropFirst(2)))
        let (rank, parts) = (windows.kernel.count, try node.int("offset_group", 1))
        let (taps, results) = (windows.kernel.reduce(1, *), Array(node.shape(offsets).dropFirst(2)))
        guard parts > 0, results.count == rank else { throw NodeProblem("offset_group and offset must fit x") }
        let images = shape[0] * Dim(parts)
        // offset [n, parts·taps·rank, o…] ─▶ [n·parts, taps, o…, rank]
        var positions = try node.reshape(try node.cast(offsets, to: .f32), [images, Dim(taps), Dim(rank)] + results)
        positions = try node.transpose(positions, [0, 1] + (3..<3 + rank) + [2])
        positions = try node.binary(Add.self, positions, try undeformed(&node, windows, results))
        let sources = try node.reshape(x, [images, shape[1].floorDivided(by: Dim(parts))] + shape[2...])
        var columns = try node.emit(Sample(mode: .linear), sources, positions)
        if let mask = node.optional(4) {
            columns = try node.binary(Mul.self, columns, try node.reshape(mask, [images, 1, Dim(taps)] + results))
        }
        columns = try node.reshape(columns, [shape[0], shape[1] * Dim(taps)] + results)
        let filter = try node.reshape(
            weight, [node.shape(weight)[0], node.shape(weight)[1] * Dim(taps)] + [Dim](repeating: 1, count: rank))
        let bias = node.optional(3)
        let product = Conv(groups: try node.int("group", 1))
        return try node.cast(try node.emit(product, bias == nil ? [columns, filter] : [columns, filter, bias]), to: dtype)
    }

    /// Where the taps of a kernel lie without deformation: [taps, o…, rank].
    private static func undeformed(_ node: inout NodeImport, _ windows: SlidingWindows, _ results: [Dim]) throws -> ValueID {
        let (rank, taps) = (results.count, windows.kernel.reduce(1, *))
        var parts: [ValueID] = []
        for axis in 0..<rank {
            let inner = windows.kernel[(axis + 1)...].reduce(1, *)
            let places = (0..<taps).map { Double($0 / inner % windows.kernel[axis] * windows.dilation[axis] - windows.before(axis)) }
            let ones = [Int](repeating: 1, count: rank)
            let tap = try node.constant(Tensor(places, [taps] + ones, as: .f32))
            var line = try node.cast(try node.emit(Iota(size: results[axis])), to: .f32)
            line = try node.binary(Mul.self, line, Double(windows.stride[axis]))
            line = try node.reshape(line, (0...rank).map { $0 == axis + 1 ? results[axis] : 1 })
            let place = try node.expand(try node.binary(Add.self, tap, line), [Dim(taps)] + results)
            parts.append(try node.unsqueeze(place, rank + 1))
        }
        return try node.concat(parts, axis: rank + 1)
    }

    /// A depthwise convolution over the past and x, and the last k - 1 positions of both for the next call.
    private static func causalConv(_ node: inout NodeImport) throws -> [ValueID?] {
        let (x, weight) = (try node.input(0), try node.input(1))
        let (shape, kernel) = (node.shape(x), try node.kernelSizes(of: weight))
        guard shape.count == 3, kernel.count == 1, let groups = node.shape(weight)[0].value else {
            throw NodeProblem("\(node.type(x)) and \(node.type(weight)) do not fit")
        }
        let kept = kernel[0] - 1
        var whole = x
        if kept > 0 {
            let none = Fill(shape: [shape[0], shape[1], Dim(kept)], value: 0, dtype: node.dtype(x))
            let past = try node.optional(3) ?? node.emit(none)
            whole = try node.concat([past, x], axis: 2)
        }
        let windows = SlidingWindows(kernel: kernel, stride: [1], dilation: [1], padding: [0, 0])
        var y = try conv(&node, whole, weight, node.optional(2), windows, groups: groups)
        switch try node.string("activation", "none") {
        case "none", "": break
        case "silu", "swish": y = try node.binary(Mul.self, y, try node.unary(Sigmoid.self, y))
        case let other: throw NodeProblem("activation '\(other)' is not supported")
        }
        let length = node.shape(whole)[2]
        return [y, try node.emit(Slice(axis: 2, start: length - Dim(kept), end: length), whole)]
    }
}
