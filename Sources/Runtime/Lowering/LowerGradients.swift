import CKernels
import IR
import Passes

extension ConvWeightGradient: Lowerable {
    /// Pictures alone, channels-last: lowering has made pictures of sequences.
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let (given, back) = (try context.operand(node, 0), try context.operand(node, 1))
        guard given.rank == 4, given.dtype == .f32, back.dtype == .f32, given.count > 0, back.count > 0 else {
            return try lowerByEvaluation(node, context)
        }
        let (x, dy) = (try context.channelsLast(node, 0), try context.channelsLast(node, 1))
        let y = try context.result(node)
        var arguments = tk_conv_weight_gradient_args()
        (arguments.batch, arguments.in_channels, arguments.height, arguments.width) = (
            given.sizes[0], given.sizes[1], given.sizes[2], given.sizes[3]
        )
        (arguments.out_channels, arguments.kernel_h, arguments.kernel_w) = (y.sizes[0], kernel[0], kernel[1])
        let own = geometry.spelled(2)
        (arguments.stride_h, arguments.stride_w) = (own.stride[0], own.stride[1])
        (arguments.pad_top, arguments.pad_left, arguments.pad_bottom, arguments.pad_right) = (
            own.padding[0], own.padding[1], own.padding[2], own.padding[3]
        )
        (arguments.dilation_h, arguments.dilation_w, arguments.groups) = (own.dilation[0], own.dilation[1], geometry.groups)
        (arguments.ldx, arguments.x_image, arguments.lddy, arguments.dy_image) = (x.pixel, x.image, dy.pixel, dy.image)
        let scratch = context.scratch(tk_conv_weight_gradient_scratch(&arguments, tk_max_threads()))
        let (from, cotangent, out, work) = (x.view.ref, dy.view.ref, y.ref, scratch?.ref)
        let template = Boxed(value: arguments)
        context.emit("conv_weight_gradient", [x.view, dy.view, y, scratch]) { memory in
            var arguments = template.value
            arguments.x = UnsafePointer(memory.f32(from))
            arguments.dy = UnsafePointer(memory.f32(cotangent))
            arguments.dweight = memory.f32(out)
            return Outcome(tk_conv_weight_gradient(&arguments, memory.raw(work)))
        }
    }
}

extension LoweringContext {
    /// Whether `node` turns a filter for convolutions alone, which pack it turned around; the result is then defined as the filter as it was.
    func isPackedTurned(_ node: Node) -> Bool { graph.turnsForConvs(node) }
}

extension TurnFilter: Lowerable {
    /// A copy whose source runs backwards along the taps.
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let weight = try context.dense(node, 0)
        if context.isPackedTurned(node) { return context.define(node, as: weight) }
        let y = try context.result(node)
        guard let source = weight.reshaped(to: [groups, weight.sizes[0] / groups] + weight.sizes[1...]),
            let target = y.reshaped(to: [groups, y.sizes[0] / groups] + y.sizes[1...]), weight.count > 0
        else { return try lowerByEvaluation(node, context) }
        var turned = source.transposed([0, 2, 1] + (3..<source.rank))
        for axis in 3..<turned.rank {
            turned.offset += (turned.sizes[axis] - 1) * turned.strides[axis]
            turned.strides[axis] = -turned.strides[axis]
        }
        try context.copy(turned, to: target)
    }
}

extension GroupNormGradient: Lowerable {
    /// Channels-last; what is no picture is seen as one of one row.
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let given = try context.operand(node, 0)
        let (gamma, beta) = (try context.optionalDense(node, 2), try context.optionalDense(node, 3))
        guard allF32([given, try context.operand(node, 1), gamma, beta]), given.count > 0 else {
            return try lowerByEvaluation(node, context)
        }
        if given.rank == 4 {
            let (x, dy) = (try context.channelsLast(node, 0), try context.channelsLast(node, 1))
            let dx = try context.channelsLastResult(node, over: 1)
            return try emit(node, context, x.view, dy.view, gamma, beta, dx)
        }
        let row = [given.sizes[0], given.sizes[1], 1, given.sizes[2...].reduce(1, *)]
        let (x, dy) = (try context.rowPicture(node, 0, row), try context.rowPicture(node, 1, row))
        let dx = context.allocate(.f32, [row[0], row[2], row[3], row[1]]).transposed([0, 3, 1, 2])
        try emit(node, context, x, dy, gamma, beta, dx)
        guard let target = try context.result(node).reshaped(to: row) else { throw RuntimeError("\(given.sizes) cannot be seen as \(row)") }
        try context.copy(dx, to: target)
    }

    private func emit(_ node: Node, _ context: LoweringContext, _ x: View, _ dy: View, _ gamma: View?, _ beta: View?, _ dx: View) throws {
        let (dweight, dbias) = (try context.result(node, 1), try context.result(node, 2))
        guard let from = x.channelsLast, let back = dy.channelsLast, let to = dx.channelsLast else {
            throw RuntimeError("operands of \(node.opName) do not lie channels-last")
        }
        var arguments = tk_group_norm_gradient_args()
        (arguments.batch, arguments.channels, arguments.groups) = (dx.sizes[0], dx.sizes[1], groups)
        (arguments.spatial, arguments.eps, arguments.silu) = (dx.sizes[2] * dx.sizes[3], Float(eps), silu ? 1 : 0)
        (arguments.ldx, arguments.x_image, arguments.lddy, arguments.dy_image) = (from.pixel, from.image, back.pixel, back.image)
        (arguments.lddx, arguments.dx_image) = (to.pixel, to.image)
        let scratch = context.scratch(tk_group_norm_gradient_scratch(&arguments))
        let refs = [x, dy, gamma, beta, dx, dweight, dbias, scratch].map { $0?.ref }
        let template = Boxed(value: arguments)
        context.emit("group_norm_gradient", [x, dy, gamma, beta, dx, dweight, dbias, scratch]) { memory in
            var arguments = template.value
            (arguments.x, arguments.dy) = (UnsafePointer(memory.f32(refs[0])), UnsafePointer(memory.f32(refs[1])))
            (arguments.gamma, arguments.beta) = (UnsafePointer(memory.f32(refs[2])), UnsafePointer(memory.f32(refs[3])))
            (arguments.dx, arguments.dgamma, arguments.dbeta) = (memory.f32(refs[4]), memory.f32(refs[5]), memory.f32(refs[6]))
            return Outcome(tk_group_norm_gradient(&arguments, memory.raw(refs[7])))
        }
    }
}

extension LoweringContext {
    /// Operand `index` as a channels-last picture of the sizes `row` [n, c, 1, w]: a copy.
    fileprivate func rowPicture(_ node: Node, _ index: Int, _ row: [Int]) throws -> View {
        let view = try dense(node, index)
        guard let picture = view.reshaped(to: row) else { throw RuntimeError("\(view.sizes) cannot be seen as \(row)") }
        return try channelsLastCopy(of: picture)
    }
}

extension ResizeGradient: Lowerable {
    /// Resizing with transposed tables: for each position those that it had a share in, as many for all, weights of what is missing 0.
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let dy = try context.operand(node, 0)
        let target = try context.sizes(of: node.outputs[0])
        guard dy.rank == 4, dy.dtype == .f32, dy.count > 0, target.reduce(1, *) > 0 else { return try lowerByEvaluation(node, context) }
        let (rows, columns) = (shares(target[2], dy.sizes[2], 0), shares(target[3], dy.sizes[3], 1))
        let x = try context.dense(node, 0)
        emitSeparableResize(context, x, try context.result(node), rows, columns, name: "resize_gradient")
    }

    /// What each of `old` positions along spatial dimension `axis` gave to `new` ones.
    private func shares(_ old: Int, _ new: Int, _ axis: Int) -> ResizeTable {
        let taps = resize.taps(from: old, to: new, axis: axis)
        var shares = [[(place: Int, weight: Double)]](repeating: [], count: old)
        for (index, position) in taps.indices.enumerated() where taps.weights[index] != 0 {
            shares[position].append((index / taps.tapsPerPosition, taps.weights[index]))
        }
        let most = max(shares.map(\.count).max() ?? 0, 1)
        var table = ResizeTable(taps: most, indices: [], weights: [])
        for share in shares {
            for tap in 0..<most {
                table.indices.append(tap < share.count ? Int32(share[tap].place) : 0)
                table.weights.append(tap < share.count ? Float(share[tap].weight) : 0)
            }
        }
        return table
    }
}
