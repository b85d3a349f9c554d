import CKernels
import IR

extension RNN: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        try lowerRecurrent(self, TK_CELL_RNN, node, context) { $0.activation = activation.kernel }
    }
}

extension GRU: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        try lowerRecurrent(self, resetAfter ? TK_CELL_GRU_RESET_AFTER : TK_CELL_GRU, node, context) { _ in }
    }
}

extension LSTM: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerRecurrent(self, TK_CELL_LSTM, node, context) { _ in } }
}

/// Where operands and results of a recurrent layer lie.
private struct RecurrentViews {
    let gates, state: View
    let lengths, cell, peephole, scale, zero, bias: View?

    init(_ op: any RecurrentOperator, _ node: Node, _ context: LoweringContext) throws {
        func optional(_ index: Int, of isOperand: Bool = true) throws -> View? { isOperand ? try context.optionalDense(node, index) : nil }
        gates = try context.dense(node, RecurrentOperand.gates)
        state = try context.dense(node, RecurrentOperand.state)
        lengths = try optional(RecurrentOperand.lengths)
        cell = try optional(LSTM.cellOperand, of: op is LSTM)
        peephole = try optional(LSTM.peepholeOperand, of: op is LSTM)
        scale = try optional(LSTM.scaleOperand, of: op is LSTM)
        zero = try optional(LSTM.zeroOperand, of: op is LSTM)
        bias = try optional(GRU.biasOperand, of: op is GRU)
    }

    var all: [View?] { [gates, state, lengths, cell, peephole, scale, zero, bias] }
}

private func lowerRecurrent(
    _ op: any RecurrentOperator, _ kind: tk_cell, _ node: Node, _ context: LoweringContext,
    _ complete: (inout tk_recurrent_args) -> Void
) throws {
    let packed = context.packedWeight(node, RecurrentOperand.weight)
    let dense = packed == nil ? try context.optionalDense(node, RecurrentOperand.weight) : nil
    // A weight that is computed has a kernel in f32.
    guard try context.operand(node, RecurrentOperand.gates).dtype == .f32, packed != nil || dense?.dtype == .f32 else {
        return try lowerByEvaluation(node, context)
    }
    let from = try RecurrentViews(op, node, context)
    let results = try node.outputs.indices.map { try context.result(node, $0) }
    let weight = packed.map { context.view(of: PackedBytes(bytes: $0.bytes)) }
    var arguments = tk_recurrent_args()
    (arguments.cell, arguments.steps, arguments.batch) = (kind, from.gates.sizes[0], from.gates.sizes[1])
    arguments.hidden = from.state.sizes[1]
    arguments.format = packed?.format ?? TK_WEIGHT_F32
    arguments.reverse = op.reverse ? 1 : 0
    arguments.clip = Float(op.clip ?? 0)
    complete(&arguments)
    // Whether the weight is packed decides how much scratch is needed; any non-null pointer says so.
    arguments.weight = packed == nil ? nil : UnsafeRawPointer(bitPattern: 64)
    let scratch = context.scratch(tk_recurrent_scratch(&arguments, tk_max_threads()))
    let refs = (packed: weight?.ref, dense: dense?.ref, results: results.map(\.ref), scratch: scratch?.ref)
    let template = arguments.boxed
    context.emit(node.opName, from.all + results + [weight, dense, scratch]) { memory in
        var arguments = template.value
        arguments.weight = UnsafeRawPointer(memory.raw(refs.packed))
        arguments.dense = UnsafePointer(memory.f32(refs.dense))
        arguments.setOperands(from, memory)
        arguments.y = memory.f32(refs.results[0])
        arguments.last = memory.f32(refs.results[1])
        arguments.last_cell = refs.results.count > 2 ? memory.f32(refs.results[2]) : nil
        return Outcome(tk_recurrent(&arguments, memory.raw(refs.scratch)))
    }
}

extension tk_recurrent_args {
    fileprivate var boxed: Boxed<Self> { Boxed(value: self) }

    fileprivate mutating func setOperands(_ views: RecurrentViews, _ memory: Memory) {
        input = UnsafePointer(memory.f32(views.gates.ref))
        start = UnsafePointer(memory.f32(views.state.ref))
        start_cell = UnsafePointer(memory.f32(views.cell?.ref))
        peephole = UnsafePointer(memory.f32(views.peephole?.ref))
        scale = UnsafePointer(memory.f32(views.scale?.ref))
        bias = UnsafePointer(memory.f32(views.bias?.ref))
        zero = memory.raw(views.zero?.ref).map { UnsafePointer($0.assumingMemoryBound(to: Int32.self)) }
        lengths = views.lengths.map { UnsafePointer(memory.i64($0.ref)) }
    }
}
