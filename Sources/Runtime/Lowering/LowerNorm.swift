import CKernels
import IR

extension LayerNorm: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.dense(node, 0)
        let (weight, bias) = (try context.optionalDense(node, 1), try context.optionalDense(node, 2))
        guard allF32([x, weight, bias]) else { return try lowerByEvaluation(node, context) }
        let y = try context.resultInPlace(node, over: 0)
        let (from, to, gamma, beta, epsilon) = (x.ref, y.ref, weight?.ref, bias?.ref, Float(eps))
        let columns = x.sizes.last ?? 1
        let rows = columns == 0 ? 0 : x.count / columns
        context.emit("layer_norm", [x, weight, bias, y]) { memory in
            tk_layer_norm(memory.f32(from), memory.f32(to), rows, columns, memory.f32(gamma), memory.f32(beta), epsilon)
            return .done
        }
    }
}

extension RMSNorm: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.dense(node, 0)
        let weight = try context.optionalDense(node, 1)
        guard allF32([x, weight]) else { return try lowerByEvaluation(node, context) }
        let y = try context.resultInPlace(node, over: 0)
        let (from, to, gamma, epsilon) = (x.ref, y.ref, weight?.ref, Float(eps))
        let columns = x.sizes.last ?? 1
        let rows = columns == 0 ? 0 : x.count / columns
        context.emit("rms_norm", [x, weight, y]) { memory in
            tk_rms_norm(memory.f32(from), memory.f32(to), rows, columns, memory.f32(gamma), epsilon)
            return .done
        }
    }
}

extension GroupNorm: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        try lowerGroupNorm(node, context, groups: groups, eps: eps, silu: false)
    }
}

extension FusedGroupNorm: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        try lowerGroupNorm(node, context, groups: groups, eps: eps, silu: silu)
    }
}

private func lowerGroupNorm(_ node: Node, _ context: LoweringContext, groups: Int, eps: Double, silu: Bool) throws {
    let parameters = try (1..<5).map { try context.optionalDense(node, $0) }
    guard allF32([try context.operand(node, 0)] + parameters) else { return try lowerByEvaluation(node, context) }
    var arguments = tk_group_norm_args()
    (arguments.groups, arguments.eps, arguments.silu) = (groups, Float(eps), silu ? 1 : 0)
    if node.hints.contains(.channelsLast) { return try emitChannelsLastNorm(node, context, parameters, arguments) }
    let x = try context.dense(node, 0)
    let y = try context.resultInPlace(node, over: 0)
    arguments.batch = x.sizes[0]
    arguments.channels = x.sizes[1]
    arguments.spatial = x.sizes[2...].reduce(1, *)
    arguments.scale_stride = x.sizes[1]
    let (from, to, refs, template) = (x.ref, y.ref, parameters.map { $0?.ref }, arguments.boxed)
    context.emit("group_norm", [x] + parameters + [y]) { memory in
        var arguments = template.value
        arguments.x = UnsafePointer(memory.f32(from))
        arguments.y = memory.f32(to)
        arguments.gamma = UnsafePointer(memory.f32(refs[0]))
        arguments.beta = UnsafePointer(memory.f32(refs[1]))
        arguments.scale = UnsafePointer(memory.f32(refs[2]))
        arguments.shift = UnsafePointer(memory.f32(refs[3]))
        return Outcome(tk_group_norm(&arguments))
    }
}

private func emitChannelsLastNorm(
    _ node: Node, _ context: LoweringContext, _ parameters: [View?], _ norm: tk_group_norm_args
) throws {
    let x = try context.channelsLast(node, 0)
    let y = try context.channelsLastResult(node, over: 0, mayBeApart: true)
    guard let spacing = y.channelsLast else { throw RuntimeError("the result of \(node.opName) does not lie channels-last") }
    var arguments = tk_group_norm_nhwc_args()
    arguments.norm = norm
    (arguments.norm.batch, arguments.norm.channels) = (y.sizes[0], y.sizes[1])
    (arguments.norm.spatial, arguments.norm.scale_stride) = (y.sizes[2] * y.sizes[3], y.sizes[1])
    (arguments.ldx, arguments.x_image, arguments.ldy, arguments.y_image) = (x.pixel, x.image, spacing.pixel, spacing.image)
    let scratch = context.scratch(tk_group_norm_nhwc_scratch(&arguments))
    let (from, to, refs, work) = (x.view.ref, y.ref, parameters.map { $0?.ref }, scratch?.ref)
    let template = arguments.boxed
    context.emit("group_norm.channels_last", [x.view] + parameters + [y, scratch]) { memory in
        var arguments = template.value
        arguments.norm.x = UnsafePointer(memory.f32(from))
        arguments.norm.y = memory.f32(to)
        arguments.norm.gamma = UnsafePointer(memory.f32(refs[0]))
        arguments.norm.beta = UnsafePointer(memory.f32(refs[1]))
        arguments.norm.scale = UnsafePointer(memory.f32(refs[2]))
        arguments.norm.shift = UnsafePointer(memory.f32(refs[3]))
        return Outcome(tk_group_norm_nhwc(&arguments, memory.raw(work)))
    }
}

extension L2Normalize: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let epsilon = Float(eps)
        try lowerLastAxis("l2_normalize", axis, node, context) { tk_l2_normalize($0, $1, $2, $3, epsilon) }
    }
}

extension Softmax: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let extra: Int32 = offByOne ? 1 : 0
        try lowerLastAxis("softmax", axis, node, context) { tk_softmax($0, $1, $2, $3, extra) }
    }
}

extension LogSoftmax: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        try lowerLastAxis("log_softmax", axis, node, context) { tk_log_softmax($0, $1, $2, $3) }
    }
}

typealias RowKernel = @Sendable (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Int) -> Void

/// A kernel over rows applied to any axis: another axis is moved last, and the result seen back in its place.
private func lowerLastAxis(
    _ kernel: String, _ axis: Int, _ node: Node, _ context: LoweringContext, _ run: @escaping RowKernel
) throws {
    let x = try context.operand(node, 0)
    guard x.dtype == .f32 else { return try lowerByEvaluation(node, context) }
    let axis = axis < 0 ? axis + x.rank : axis
    let columns = x.sizes[axis]
    let rows = columns == 0 ? 0 : x.count / columns
    let source: View
    let target: View
    if axis == x.rank - 1 {
        source = try context.dense(node, 0)
        target = try context.resultInPlace(node, over: 0)
    } else {
        let swap = lastSwap(axis, x.rank)
        source = context.allocate(.f32, x.transposed(swap).sizes)
        try context.copy(x.transposed(swap), to: source)
        target = source
        context.define(node, as: target.transposed(swap))
    }
    let (from, to) = (source.ref, target.ref)
    context.emit(kernel, [source, target]) {
        run($0.f32(from), $0.f32(to), rows, columns); return .done
    }
}

/// The permutation that exchanges `axis` with the last one; its own inverse.
private func lastSwap(_ axis: Int, _ rank: Int) -> [Int] {
    var permutation = Array(0..<rank)
    permutation.swapAt(axis, rank - 1)
    return permutation
}

func allF32(_ views: [View?]) -> Bool { views.allSatisfy { $0.map { $0.dtype == .f32 } ?? true } }

/// Carries a C argument struct, whose pointers are still null, into a step.
struct Boxed<Value>: @unchecked Sendable {
    let value: Value
}

extension tk_group_norm_args { var boxed: Boxed<Self> { Boxed(value: self) } }
extension tk_linear_args { var boxed: Boxed<Self> { Boxed(value: self) } }
extension tk_packed_linear_args { var boxed: Boxed<Self> { Boxed(value: self) } }
extension tk_matmul_args { var boxed: Boxed<Self> { Boxed(value: self) } }
extension tk_attention_args { var boxed: Boxed<Self> { Boxed(value: self) } }
extension tk_group_norm_nhwc_args { var boxed: Boxed<Self> { Boxed(value: self) } }
extension tk_conv_nhwc_args { var boxed: Boxed<Self> { Boxed(value: self) } }
extension tk_integer_conv_args { var boxed: Boxed<Self> { Boxed(value: self) } }
extension tk_conv2d_args { var boxed: Boxed<Self> { Boxed(value: self) } }
extension tk_resize_args { var boxed: Boxed<Self> { Boxed(value: self) } }
extension tk_product_args { var boxed: Boxed<Self> { Boxed(value: self) } }
extension tk_pool_args { var boxed: Boxed<Self> { Boxed(value: self) } }
extension tk_resize_f64_args { var boxed: Boxed<Self> { Boxed(value: self) } }
