import CKernels
import IR
import Passes

extension Linear: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        if try lowerByBlas(node, context) { return }
        try lowerDense(self, node, context)
    }

    /// False where our own kernels are faster, or element types are mixed.
    private func lowerByBlas(_ node: Node, _ context: LoweringContext) throws -> Bool {
        let types = Set(node.inputs.compactMap { $0.map { context.type(of: $0).dtype } })
        // A plan keeps packed weights in no other form.
        guard !bf16, types.count == 1, let dtype = types.first, BlasProduct.isPreferred(dtype), context.packedWeight(node, 1) == nil else {
            return false
        }
        let (x, weight) = (try context.rows(node, 0), try context.rows(node, 1))
        let bias = try context.optionalDense(node, 2)
        let y = try context.result(node)
        let sizes = (m: x.count, n: weight.count, k: weight.columns)
        BlasProduct(linear: dtype, m: sizes.m, n: sizes.n, k: sizes.k, xRows: x.stride, weightRows: weight.stride)
            .emit(context, x.view, weight.view, y)
        guard let bias else { return true }
        let (out, row, type) = (y.ref, bias.ref, dtype.kernelType)
        context.emit("binary.add", [y, bias]) { memory in
            Outcome(
                tk_binary(
                    type, TK_BINARY_ADD, 2, [sizes.m, sizes.n], memory.raw(out), [sizes.n, 1], memory.raw(row), [0, 1], memory.raw(out)))
        }
        return true
    }
}

extension FusedLinear: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerDense(self, node, context) }
}

extension GatedLinear: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerDense(self, node, context) }
}

extension QuantizedLinear: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerDense(self, node, context) }
}

extension QuantizedGatedLinear: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerDense(self, node, context) }
}

extension IntegerLinear: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        guard let packed = context.packedWeight(node, 1), [TK_WEIGHT_I8, TK_WEIGHT_I7, TK_WEIGHT_I7_REST].contains(packed.format) else {
            return try lowerByEvaluation(node, context)
        }
        let x = try context.rows(node, 0)
        let operands = try (2..<8).map { try context.optionalDense(node, $0) }
        let y = try operands[5].map { _ in try context.resultInPlace(node, over: 7) } ?? context.result(node)
        let weight = context.view(of: PackedBytes(bytes: packed.bytes))
        var arguments = tk_packed_linear_args()
        (arguments.m, arguments.n, arguments.k) = (x.count, packed.rows, packed.columns)
        (arguments.ldx, arguments.format, arguments.activation) = (x.stride, packed.format, activation.kernel)
        (arguments.ldy, arguments.ldgate, arguments.ldres) = (packed.rows, packed.rows, packed.rows)
        let scratch = context.scratch(tk_packed_linear_scratch(&arguments, tk_max_threads()))
        let (from, w, out, work, refs) = (x.view.ref, weight.ref, y.ref, scratch?.ref, operands.map { $0?.ref })
        let (template, isScaled) = (arguments.boxed, operands[1] != nil)
        context.emit("integer_linear", [x.view, weight] + operands + [y, scratch]) { memory in
            var arguments = template.value
            arguments.levels = UnsafePointer(memory.u8(from))
            arguments.zero = refs[0].map { UnsafePointer(memory.u8($0)) }
            arguments.main.weight = UnsafeRawPointer(memory.raw(w))
            if isScaled {
                arguments.level_scale = UnsafePointer(memory.f32(refs[1]))
                arguments.main.scale = UnsafePointer(memory.f32(refs[2]))
                arguments.main.bias = UnsafePointer(memory.f32(refs[3]))
                arguments.gate = UnsafePointer(memory.f32(refs[4]))
                arguments.residual = UnsafePointer(memory.f32(refs[5]))
                arguments.y = memory.f32(out)
            } else {
                arguments.sums = memory.raw(out).assumingMemoryBound(to: Int32.self)
            }
            return Outcome(tk_packed_linear(&arguments, memory.raw(work)))
        }
    }
}

private func lowerDense(_ op: any Operator, _ node: Node, _ context: LoweringContext) throws {
    guard let form = DenseOperands(op) else { return try lowerByEvaluation(node, context) }
    if let packed = PackedOperands(node, form, context) { return try lowerPacked(node, context, form, packed) }
    if form.scale != nil { return try lowerByEvaluation(node, context) }
    try lowerUnpacked(node, context, form)
}

/// The packed weights of one layer.
private struct PackedOperands {
    let main: PackedWeight
    let up: PackedWeight?

    init?(_ node: Node, _ form: DenseOperands, _ context: LoweringContext) {
        guard let main = context.packedWeight(node, 1) else { return nil }
        let up = form.up.flatMap { context.packedWeight(node, $0) }
        guard (up == nil) == (form.up == nil) else { return nil }
        // The kernel takes one format for both; a module has one for all its integers.
        if let up, up.format != main.format { return nil }
        (self.main, self.up) = (main, up)
    }
}

private func lowerPacked(_ node: Node, _ context: LoweringContext, _ form: DenseOperands, _ packed: PackedOperands) throws {
    func optional(_ index: Int?) throws -> View? { try index.flatMap { try context.optionalDense(node, $0) } }
    let x = try context.rows(node, 0)
    let (scale, bias) = (try optional(form.scale), try optional(form.bias))
    let (upScale, upBias) = (try optional(form.upScale), try optional(form.upBias))
    let (gate, residual) = (try optional(form.gate), try optional(form.residual))
    let (zero, upZero) = (try optional(form.zero), try optional(form.upZero))
    let y = try form.residual.map { try context.resultInPlace(node, over: $0) } ?? context.result(node)
    let (weight, up) = (
        context.view(of: PackedBytes(bytes: packed.main.bytes)), packed.up.map { context.view(of: PackedBytes(bytes: $0.bytes)) }
    )
    var arguments = tk_packed_linear_args()
    (arguments.m, arguments.n, arguments.k) = (x.count, packed.main.rows, packed.main.columns)
    arguments.ldx = x.stride
    // Weights of 4 bits are packed alike for both.
    arguments.format = packed.main.format == TK_WEIGHT_W4 && !form.weightOnly ? TK_WEIGHT_W4A8 : packed.main.format
    if let scale, scale.sizes.count == 2 {
        arguments.group_size = QuantizedProduct.groupSize(packed.main.columns, scale.sizes[0]) ?? 0
        arguments.scales = scale.dtype == .f32 ? TK_SCALES_F32 : TK_SCALES_BF16
    }
    arguments.activation = form.activation.kernel
    (arguments.ldgate, arguments.ldres, arguments.ldy) = (packed.main.rows, packed.main.rows, packed.main.rows)
    // Whether there is a second branch decides how much scratch is needed; any non-null pointer says so.
    if up != nil { arguments.up.weight = UnsafeRawPointer(bitPattern: 64) }
    let scratch = context.scratch(tk_packed_linear_scratch(&arguments, tk_max_threads()))
    let refs = [scale, bias, upScale, upBias, gate, residual, zero, upZero].map { $0?.ref }
    let (from, w, u, out, work) = (x.view.ref, weight.ref, up?.ref, y.ref, scratch?.ref)
    let template = arguments.boxed
    context.emit(node.opName, [x.view, weight, up, scale, bias, upScale, upBias, gate, residual, zero, upZero, y, scratch]) { memory in
        var arguments = template.value
        arguments.x = UnsafePointer(memory.f32(from))
        arguments.main.weight = UnsafeRawPointer(memory.raw(w))
        arguments.main.group_zero = refs[6].map { UnsafePointer(memory.u8($0)) }
        arguments.up.group_zero = refs[7].map { UnsafePointer(memory.u8($0)) }
        arguments.main.setScale(memory.raw(refs[0]), template.value.format)
        arguments.main.bias = UnsafePointer(memory.f32(refs[1]))
        arguments.up.weight = UnsafeRawPointer(memory.raw(u))
        arguments.up.setScale(memory.raw(refs[2]), template.value.format)
        arguments.up.bias = UnsafePointer(memory.f32(refs[3]))
        arguments.gate = UnsafePointer(memory.f32(refs[4]))
        arguments.residual = UnsafePointer(memory.f32(refs[5]))
        arguments.y = memory.f32(out)
        return Outcome(tk_packed_linear(&arguments, memory.raw(work)))
    }
}

extension tk_packed_branch {
    /// The scales of integer weights; nil for others.
    fileprivate mutating func setScale(_ memory: UnsafeMutableRawPointer?, _ format: tk_weight_format) {
        if format == TK_WEIGHT_W4 || format == TK_WEIGHT_W4A8 {
            group_scale = memory.map { UnsafeRawPointer($0) }
        } else {
            scale = memory.map { UnsafePointer($0.assumingMemoryBound(to: Float.self)) }
        }
    }
}

/// Weights that are computed, or that no packed kernel serves.
private func lowerUnpacked(_ node: Node, _ context: LoweringContext, _ form: DenseOperands) throws {
    func optional(_ index: Int?) throws -> View? { try index.flatMap { try context.optionalDense(node, $0) } }
    let x = try context.rows(node, 0)
    // Both branches share one distance of rows.
    if form.up != nil { _ = try context.dense(node, 1) }
    let weight = try context.rows(node, 1)
    let (bias, up, upBias) = (try optional(form.bias), try optional(form.up), try optional(form.upBias))
    let (gate, residual) = (try optional(form.gate), try optional(form.residual))
    guard allF32([x.view, weight.view, bias, up, upBias, gate, residual]) else { return try lowerByEvaluation(node, context) }
    let y = try form.residual.map { try context.resultInPlace(node, over: $0) } ?? context.result(node)
    var arguments = tk_linear_args()
    arguments.m = x.count
    arguments.n = weight.count
    arguments.k = weight.columns
    arguments.ldx = x.stride
    arguments.ldw = weight.stride
    arguments.activation = form.activation.kernel
    arguments.ldgate = weight.count
    arguments.ldres = weight.count
    arguments.ldy = weight.count
    arguments.bf16 = form.bf16 ? 1 : 0
    // Optional operands decide how much scratch is needed; any non-null pointer says "present".
    if up != nil { arguments.up_weight = UnsafePointer(bitPattern: 64) }
    let scratch = context.scratch(tk_linear_scratch(&arguments, tk_max_threads()))
    let refs = [bias, up, upBias, gate, residual].map { $0?.ref }
    let (from, w, out, work, template) = (x.view.ref, weight.view.ref, y.ref, scratch?.ref, arguments.boxed)
    context.emit(node.opName, [x.view, weight.view, bias, up, upBias, gate, residual, y, scratch]) { memory in
        var arguments = template.value
        arguments.x = UnsafePointer(memory.f32(from))
        arguments.weight = UnsafePointer(memory.f32(w))
        arguments.bias = UnsafePointer(memory.f32(refs[0]))
        arguments.up_weight = UnsafePointer(memory.f32(refs[1]))
        arguments.up_bias = UnsafePointer(memory.f32(refs[2]))
        arguments.gate = UnsafePointer(memory.f32(refs[3]))
        arguments.residual = UnsafePointer(memory.f32(refs[4]))
        arguments.y = memory.f32(out)
        return Outcome(tk_linear(&arguments, memory.raw(work)))
    }
}
