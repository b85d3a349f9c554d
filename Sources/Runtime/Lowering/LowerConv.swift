import CKernels
import IR

extension Conv2D: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        try lowerConv(node, context, geometry, activation: .none, residualOperand: nil)
    }
}

extension FusedConv2D: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        try lowerConv(node, context, geometry, activation: activation, residualOperand: 3)
    }
}

private func lowerConv(
    _ node: Node, _ context: LoweringContext, _ conv: Conv2DGeometry, activation: Activation, residualOperand: Int?
) throws {
    let packed = try lowerPackedConv(node, context, conv, activation: activation, residualOperand: residualOperand)
    if !packed { try lowerPlainConv(node, context, conv, activation: activation, residualOperand: residualOperand) }
}

/// Channels-last with a filter packed beforehand; false if the filter is computed, grouped or of another type.
private func lowerPackedConv(
    _ node: Node, _ context: LoweringContext, _ conv: Conv2DGeometry, activation: Activation, residualOperand: Int?
) throws -> Bool {
    let (given, weight) = (try context.operand(node, 0), try context.operand(node, 1))
    let bias = try context.optionalDense(node, 2)
    let added = try residualOperand.flatMap { try context.optional(node, $0) }
    guard conv.groups == 1, given.count > 0, weight.count > 0, allF32([given, weight, bias, added]) else { return false }
    var arguments = tk_conv_nhwc_args()
    (arguments.batch, arguments.in_channels) = (given.sizes[0], given.sizes[1])
    (arguments.height, arguments.width) = (given.sizes[2], given.sizes[3])
    (arguments.out_channels, arguments.kernel_h, arguments.kernel_w) = (weight.sizes[0], weight.sizes[2], weight.sizes[3])
    (arguments.stride_h, arguments.stride_w) = (conv.stride[0], conv.stride[1])
    (arguments.pad_top, arguments.pad_left) = (conv.padding[0], conv.padding[1])
    (arguments.pad_bottom, arguments.pad_right) = (conv.padding[2], conv.padding[3])
    (arguments.dilation_h, arguments.dilation_w) = (conv.dilation[0], conv.dilation[1])
    (arguments.upsample, arguments.activation) = (1, activation.kernel)
    let algorithm = tk_conv_nhwc_choose(&arguments)
    guard let filter = context.packedFilter(node, 1, algorithm) else { return false }
    let x = try context.channelsLast(node, 0)
    let residual = try added.map { _ in try context.channelsLast(node, residualOperand ?? 0) }
    let y = try residualOperand.map { try context.channelsLastResult(node, over: $0) } ?? context.channelsLastResult(node)
    guard let spacing = y.channelsLast else { return false }
    (arguments.ldx, arguments.x_image) = (x.pixel, x.image)
    (arguments.ldres, arguments.res_image) = (residual?.pixel ?? 0, residual?.image ?? 0)
    (arguments.ldy, arguments.y_image) = (spacing.pixel, spacing.image)
    let scratch = context.scratch(tk_conv_nhwc_scratch(&arguments, algorithm, tk_max_threads()))
    let packed = context.view(of: filter)
    let (from, w, b, r, out, work) = (x.view.ref, packed.ref, bias?.ref, residual?.view.ref, y.ref, scratch?.ref)
    let template = arguments.boxed
    context.emit(algorithm.name, [x.view, packed, bias, residual?.view, y, scratch]) { memory in
        var arguments = template.value
        arguments.x = UnsafePointer(memory.f32(from))
        arguments.packed = UnsafePointer(memory.f32(w))
        arguments.bias = UnsafePointer(memory.f32(b))
        arguments.residual = UnsafePointer(memory.f32(r))
        arguments.y = memory.f32(out)
        return Outcome(tk_conv_nhwc(&arguments, algorithm, memory.raw(work)))
    }
    return true
}

extension tk_conv_algorithm {
    /// For profiles.
    fileprivate var name: String {
        switch self {
        case TK_CONV_WINOGRAD_2: "conv2d.winograd2"
        case TK_CONV_WINOGRAD_4: "conv2d.winograd4"
        default: "conv2d.direct"
        }
    }
}

private func lowerPlainConv(
    _ node: Node, _ context: LoweringContext, _ conv: Conv2DGeometry, activation: Activation, residualOperand: Int?
) throws {
    let (x, weight) = (try context.dense(node, 0), try context.dense(node, 1))
    let bias = try context.optionalDense(node, 2)
    let residual = try residualOperand.flatMap { try context.optionalDense(node, $0) }
    guard allF32([x, weight, bias, residual]) else { return try lowerByEvaluation(node, context) }
    let y = try residualOperand.map { try context.resultInPlace(node, over: $0) } ?? context.result(node)
    var arguments = tk_conv2d_args()
    (arguments.batch, arguments.in_channels, arguments.height, arguments.width) = (x.sizes[0], x.sizes[1], x.sizes[2], x.sizes[3])
    (arguments.out_channels, arguments.kernel_h, arguments.kernel_w) = (weight.sizes[0], weight.sizes[2], weight.sizes[3])
    (arguments.stride_h, arguments.stride_w) = (conv.stride[0], conv.stride[1])
    (arguments.pad_top, arguments.pad_left) = (conv.padding[0], conv.padding[1])
    (arguments.pad_bottom, arguments.pad_right) = (conv.padding[2], conv.padding[3])
    (arguments.dilation_h, arguments.dilation_w) = (conv.dilation[0], conv.dilation[1])
    arguments.groups = conv.groups
    arguments.activation = activation.kernel
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
