import IR

extension OperatorMapping {
    /// Products of integers of 8 bits, summed exactly, as f32, f64 or i32.
    ///
    /// An f32 holds integers up to 2²⁴. No sum is larger than 255 times the sum of a filter's |w|; where that is more, x is written in digits
    /// of as many bits as are left, and each digit is convolved on its own. Fast kernels for 3 × 3 filters round on the way, but sums are whole
    /// numbers.
    static func integerConv(
        _ node: inout NodeImport, _ x: ValueID, _ weight: ValueID, zero: ValueID?, weightZero: ValueID?, channelsLast: Bool
    ) throws -> ValueID {
        let rank = node.rank(x)
        let source = channelsLast ? try node.transpose(x, [0, rank - 1] + (1..<rank - 1)) : x
        let windows = try node.windows(kernel: try node.kernelSizes(of: weight), over: Array(node.shape(source).dropFirst(2)))
        let groups = try node.int("group", 1)
        let quantized = Quantized(value: source, scale: nil, zero: zero)
        if groups == 1, let sums = try levelsConv(&node, quantized, weight, weightZero, windows) { return sums }
        let bits = min(8, digitBits(heaviest(node, weight, weightZero, windows.kernel)))
        let dtype: DType = bits > 0 ? .f32 : .f64
        var a = try node.cast(source, to: dtype)
        if let zero { a = try node.binary(Sub.self, a, try node.alongChannels(try node.cast(zero, to: dtype), rank: rank)) }
        var w = try node.cast(weight, to: dtype)
        if let weightZero {
            let offsets = try node.cast(weightZero, to: dtype)
            let sizes = [node.type(offsets).elementCount] + [Dim](repeating: 1, count: rank - 1)
            w = try node.binary(Sub.self, w, try node.reshape(offsets, sizes))
        }
        if dtype == .f64 { return try conv(&node, a, w, nil, windows, groups: groups) }
        var (sum, shift): (ValueID?, Int) = (nil, 0)
        while shift + bits < 8 {
            // x = ⌊x / 2^bits⌋ · 2^bits + digit
            let high = try node.unary(Floor.self, try node.binary(Mul.self, a, 1 / Double(1 << bits)))
            let digit = try node.binary(Sub.self, a, try node.binary(Mul.self, high, Double(1 << bits)))
            sum = try added(&node, sum, try conv(&node, digit, w, nil, windows, groups: groups), shift)
            (a, shift) = (high, shift + bits)
        }
        let product = try conv(&node, a, w, nil, windows, groups: groups)
        return try shift == 0 ? node.unary(Round.self, product) : added(&node, sum, product, shift)
    }

    /// The sums as i32 for constant filters of pictures that are held in 8 bits without their zero points; nil for others.
    private static func levelsConv(
        _ node: inout NodeImport, _ x: Quantized, _ weight: ValueID, _ weightZero: ValueID?, _ windows: SlidingWindows
    ) throws -> ValueID? {
        guard [.u8, .i8].contains(node.dtype(x.value)), node.rank(x.value) == 4, windows.padding.allSatisfy({ $0 >= 0 }),
            isSingle(&node, x.zero), let filter = try centered(node, weight, weightZero),
            filter.shape[1...].reduce(1, *) <= largestDepth, !filter.shape.contains(0)
        else { return nil }
        let turned = try Transpose([0, 2, 3, 1]).evaluate([filter], [:])[0]
        guard let matrix = turned.reshaped([filter.shape[0], filter.count / filter.shape[0]]) else { return nil }
        let (levels, zero) = try unsigned(&node, x)
        let geometry = ConvGeometry(stride: windows.stride, padding: windows.padding, dilation: windows.dilation)
        return try node.emit(IntegerConv(kernel: windows.kernel, geometry), levels, try node.constant(matrix), zero)
    }

    /// A constant filter [o, c, h, w] of bytes without its zero points, as i8; nil where that is not known or does not fit.
    private static func centered(_ node: NodeImport, _ weight: ValueID, _ zero: ValueID?) throws -> Tensor? {
        let offsets = zero.map { node.scope.constantTensor($0)?.integers } ?? [0]
        guard [.u8, .i8].contains(node.dtype(weight)), let tensor = node.scope.constantTensor(weight), let offsets, tensor.rank == 4,
            let filters = tensor.shape.first, filters > 0, tensor.count > 0, offsets.count == 1 || offsets.count == filters
        else { return nil }
        if offsets == [0], tensor.dtype == .i8 { return tensor }
        let size = tensor.count / filters
        var fits = true
        let result = Tensor(.i8, tensor.shape) { target in
            for filter in 0..<filters where fits {
                let offset = offsets[offsets.count == 1 ? 0 : filter]
                forEachLevel(of: tensor, filter * size, size) { index, level in
                    fits = fits && -128...127 ~= level - offset
                    target[index] = UInt8(truncatingIfNeeded: level - offset)
                }
            }
        }
        return fits ? result : nil
    }

    /// Calls `body` with the place and value of `count` elements of a tensor of bytes from `start` on.
    private static func forEachLevel(of tensor: Tensor, _ start: Int, _ count: Int, _ body: (Int, Int) -> Void) {
        let (source, isSigned) = (tensor.bytes.buffer, tensor.dtype.isSigned)
        for index in start..<start + count {
            body(index, isSigned ? Int(Int8(bitPattern: source[index])) : Int(source[index]))
        }
    }

    private static func added(_ node: inout NodeImport, _ sum: ValueID?, _ product: ValueID, _ shift: Int) throws -> ValueID {
        var whole = try node.cast(try node.unary(Round.self, product), to: .i32)
        if shift > 0 { whole = try node.binary(Mul.self, whole, Double(1 << shift)) }
        return try sum.map { try node.binary(Add.self, $0, whole) } ?? whole
    }

    /// Bits of a digit whose sums stay below 2²⁴; 0 if there are none.
    private static func digitBits(_ weight: Int) -> Int {
        let room = (1 << 24) / max(weight, 1)
        return weight < 1 ? 0 : room.bitWidth - 1 - room.leadingZeroBitCount
    }

    /// The largest sum of |w - zero| of a filter; that of 255 for each tap if the weights are computed.
    private static func heaviest(_ node: NodeImport, _ weight: ValueID, _ zero: ValueID?, _ kernel: [Int]) -> Int {
        let offsets = zero.map { node.scope.constantTensor($0)?.integers } ?? [0]
        guard [.u8, .i8].contains(node.dtype(weight)), let tensor = node.scope.constantTensor(weight), let offsets,
            let filters = tensor.shape.first, filters > 0, tensor.count > 0,
            offsets.count == 1 || offsets.count == filters
        else {
            return kernel.reduce((node.shape(weight)[1].value ?? 1 << 24) &* 255) { $0.multipliedReportingOverflow(by: $1).partialValue }
        }
        let size = tensor.count / filters
        return (0..<filters).reduce(1) { most, filter in
            let offset = offsets[offsets.count == 1 ? 0 : filter]
            var sum = 0
            forEachLevel(of: tensor, filter * size, size) { _, level in sum &+= abs(level - offset) }
            return max(most, sum)
        }
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
        let (low, high): (Double, Double) =
            switch dtype {
            case .u8: (0, 255)
            case .i8: (-128, 127)
            case .u16: (0, 65535)
            default: (-32768, 32767)
            }
        y = try node.binary(Minimum.self, try node.binary(Maximum.self, y, low), high)
        return try node.cast(y, to: dtype)
    }
}
