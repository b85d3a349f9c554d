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
