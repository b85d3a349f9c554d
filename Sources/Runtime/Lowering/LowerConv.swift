import CKernels
import IR
import Passes

extension Conv: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerConv(self, node, context) }
}

extension FusedConv: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerConv(self, node, context) }
}

extension QuantizedConv: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerConv(self, node, context) }
}

private func lowerConv(_ op: any Operator, _ node: Node, _ context: LoweringContext) throws {
    // Pictures alone: lowering has made pictures of one dimension; three have no kernel.
    guard let conv = ConvOperands(op), try context.operand(node, 0).rank == 4 else { return try lowerByEvaluation(node, context) }
    if try lowerPackedConv(node, context, conv) { return }
    if conv.scale != nil { return try lowerByEvaluation(node, context) }
    try lowerPlainConv(node, context, conv)
}

/// Channels-last with a packed filter; false if no kernel for those serves the node.
private func lowerPackedConv(_ node: Node, _ context: LoweringContext, _ conv: ConvOperands) throws -> Bool {
    let given = try context.operand(node, 0)
    guard let type = node.inputs[1].map(context.type(of:)), let weight = type.staticShape, let format = PackedFilter.format(type.dtype)
    else { return false }
    let isComputed = ConvOperands.hasComputedFilter(node, context.graph)
    guard isComputed || type.layout == .filter else { return false }
    if given.count == 0 {
        // With padding an empty picture still has a result, which no kernel writes.
        guard try context.sizes(of: node.outputs[0]).contains(0) else { return false }
        _ = try context.result(node)
        return true
    }
    var arguments = tk_conv_nhwc_args(conv, x: given.sizes, weight: weight, format)
    if let source = node.inputs[0].flatMap(context.graph.producer), context.isGathered(source) { arguments.upsample = 2 }
    let algorithm = conv.geometry.groups > 1 ? TK_CONV_DEPTHWISE : tk_conv_nhwc_choose(&arguments)
    let filter =
        try isComputed
        ? context.packFilter(node, weight, algorithm) : context.packedFilter(node, 1, algorithm).map { context.view(of: $0.memory) }
    guard let packed = filter else {
        // What would serve instead knows nothing of pictures to be read larger than they are.
        if arguments.upsample > 1 { throw RuntimeError("the filter cannot be packed") }
        return false
    }
    let (bias, scale) = (try context.optionalDense(node, conv.bias), try conv.scale.flatMap { try context.optionalDense(node, $0) })
    let added = try conv.residual.flatMap { try context.optional(node, $0) }
    let x = try context.channelsLast(node, 0)
    let residual = try added.map { _ in try context.channelsLast(node, conv.residual ?? 0) }
    let y =
        try conv.residual.map { try context.channelsLastResult(node, over: $0, mayBeApart: true) }
        ?? context.channelsLastResult(node, mayBeApart: true)
    guard let spacing = y.channelsLast else { return false }
    (arguments.ldx, arguments.x_image) = (x.pixel, x.image)
    (arguments.ldres, arguments.res_image) = (residual?.pixel ?? 0, residual?.image ?? 0)
    (arguments.ldy, arguments.y_image) = (spacing.pixel, spacing.image)
    let scratch = context.scratch(tk_conv_nhwc_scratch(&arguments, algorithm, tk_max_threads()))
    let (from, w, s, b, r, out, work) = (x.view.ref, packed.ref, scale?.ref, bias?.ref, residual?.view.ref, y.ref, scratch?.ref)
    let template = arguments.boxed
    context.emit(
        "\(conv.scale == nil ? "conv" : node.opName).\(algorithm.name)", [x.view, packed, scale, bias, residual?.view, y, scratch]
    ) { memory in
        var arguments = template.value
        arguments.x = UnsafePointer(memory.f32(from))
        arguments.packed = UnsafeRawPointer(memory.raw(w))
        arguments.scale = UnsafePointer(memory.f32(s))
        arguments.bias = UnsafePointer(memory.f32(b))
        arguments.residual = UnsafePointer(memory.f32(r))
        arguments.y = memory.f32(out)
        return Outcome(tk_conv_nhwc(&arguments, algorithm, memory.raw(work)))
    }
    return true
}

extension LoweringContext {
    /// Filter `shape` [o, c, h, w], operand 1, in the order of `algorithm`, packed by a step of its own; turned around, if a `turn_filter`
    /// leaves that to its readers.
    fileprivate func packFilter(_ node: Node, _ shape: [Int], _ algorithm: tk_conv_algorithm) throws -> View? {
        let isTurned = node.inputs[1].flatMap(graph.producer).map(isPackedTurned) ?? false
        let panel = PackedFilter.panel(of: Machine.active)
        let size = tk_conv_nhwc_packed_bytes(algorithm, TK_WEIGHT_F32, panel, shape[1], shape[0], shape[2], shape[3])
        guard size > 0 else { return nil }
        let weight = try dense(node, 1)
        let packed = allocate(.u8, [size])
        let (from, to) = (weight.ref, packed.ref)
        emit("pack_filter", [weight, packed]) { memory in
            Outcome(
                tk_conv_nhwc_pack_computed(
                    algorithm, memory.f32(from), shape[1], shape[0], shape[2], shape[3], isTurned ? 1 : 0, memory.f32(to)))
        }
        return packed
    }
}

private func lowerPlainConv(_ node: Node, _ context: LoweringContext, _ conv: ConvOperands) throws {
    let (x, weight) = (try context.dense(node, 0), try context.dense(node, 1))
    let bias = try context.optionalDense(node, conv.bias)
    let residual = try conv.residual.flatMap { try context.optionalDense(node, $0) }
    guard allF32([x, weight, bias, residual]) else { return try lowerByEvaluation(node, context) }
    let y = try conv.residual.map { try context.resultInPlace(node, over: $0) } ?? context.result(node)
    var arguments = tk_conv2d_args()
    (arguments.batch, arguments.in_channels, arguments.height, arguments.width) = (x.sizes[0], x.sizes[1], x.sizes[2], x.sizes[3])
    (arguments.out_channels, arguments.kernel_h, arguments.kernel_w) = (weight.sizes[0], weight.sizes[2], weight.sizes[3])
    let (stride, padding, dilation) = conv.geometry.spelled(2)
    (arguments.stride_h, arguments.stride_w) = (stride[0], stride[1])
    (arguments.pad_top, arguments.pad_left, arguments.pad_bottom, arguments.pad_right) = (padding[0], padding[1], padding[2], padding[3])
    (arguments.dilation_h, arguments.dilation_w) = (dilation[0], dilation[1])
    arguments.groups = conv.geometry.groups
    arguments.activation = conv.activation.kernel
    let scratch = context.scratch(tk_conv2d_scratch(&arguments, tk_max_threads()))
    let (from, w, b, r, out, work) = (x.ref, weight.ref, bias?.ref, residual?.ref, y.ref, scratch?.ref)
    let template = arguments.boxed
    context.emit(node.opName, [x, weight, bias, residual, y, scratch]) { memory in
        var arguments = template.value
        arguments.x = UnsafePointer(memory.f32(from))
        arguments.weight = UnsafePointer(memory.f32(w))
        arguments.bias = UnsafePointer(memory.f32(b))
        arguments.residual = UnsafePointer(memory.f32(r))
        arguments.y = memory.f32(out)
        return Outcome(tk_conv2d(&arguments, memory.raw(work)))
    }
}
