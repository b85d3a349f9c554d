import CKernels
import IR

extension Unary: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let given = try context.operand(node, 0)
        guard let op = KernelNumbers.unary[Self.opName] else { return try lowerByEvaluation(node, context) }
        // Every element for itself: any order without gaps will do.
        let isPicture = node.hints.contains(.channelsLast)
        let x = !isPicture ? try context.dense(node, 0) : given.isDensePicture ? given : try context.channelsLastCopy(of: given)
        let y = isPicture ? try context.channelsLastResult(node, over: 0) : try context.resultInPlace(node, over: 0)
        if x.dtype == .f32 { return context.emit(ElementwiseStage("unary.\(Self.opName)", op, x, to: y), of: node) }
        let (from, to, count, type) = (x.ref, y.ref, x.count, x.dtype.kernelType)
        context.emit("unary.\(Self.opName)", [x, y]) { Outcome(tk_unary(type, op, $0.raw(from), $0.raw(to), count)) }
    }
}

extension IsNaN: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.dense(node, 0)
        let y = try context.result(node)
        let (from, to, count, type) = (x.ref, y.ref, x.count, x.dtype.kernelType)
        context.emit("is_nan", [x, y]) { Outcome(tk_is_nan(type, $0.raw(from), $0.u8(to), count)) }
    }
}

extension Not: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.dense(node, 0)
        let y = try context.result(node)
        let (from, to, count) = (x.ref, y.ref, x.count)
        context.emit("not", [x, y]) {
            tk_not($0.u8(from), $0.u8(to), count); return .done
        }
    }
}

extension Binary: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerBinary(self, node, context) }
}

extension Comparison: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerBinary(self, node, context) }
}

extension Logical: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerBinary(self, node, context) }
}

extension Shift: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws { try lowerBinary(self, node, context) }
}

private func lowerBinary(_ op: any Operator, _ node: Node, _ context: LoweringContext) throws {
    let (a, b) = (try context.operand(node, 0), try context.operand(node, 1))
    let target = try context.sizes(of: node.outputs[0])
    var views = [a.expanded(to: target), b.expanded(to: target)]
    let larger = a.sizes == target ? 0 : 1
    let isPicture = node.hints.contains(.channelsLast)
    if isPicture { views = views.map(\.channelsMovedLast) }
    let (shape, strides) = collapse(views[0].sizes, views.map(\.strides))
    guard let kernel = KernelNumbers.binary[node.opName], shape.count <= Int(TK_MAX_RANK) else {
        return try lowerByEvaluation(node, context)
    }
    let y = isPicture ? try context.channelsLastResult(node, over: larger) : try context.resultInPlace(node, over: larger, aligned: [0, 1])
    if a.dtype == .f32,
        let stage = ElementwiseStage("binary.\(node.opName)", kernel, [a, b], to: y, shape: shape, strides: strides)
    {
        return context.emit(stage, of: node)
    }
    let (x0, x1, out, dtype) = (a.ref, b.ref, y.ref, a.dtype.kernelType)
    context.emit("binary.\(node.opName)", [a, b, y]) { memory in
        Outcome(
            tk_binary(dtype, kernel, Int32(shape.count), shape, memory.raw(x0), strides[0], memory.raw(x1), strides[1], memory.raw(out)))
    }
}

extension Where: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let operands = try (0..<3).map { try context.operand(node, $0) }
        let target = try context.sizes(of: node.outputs[0])
        let (shape, strides) = collapse(target, operands.map { $0.expanded(to: target).strides })
        guard shape.count <= Int(TK_MAX_RANK) else { return try lowerByEvaluation(node, context) }
        let y = try context.result(node)
        let (cond, a, b, out) = (operands[0].ref, operands[1].ref, operands[2].ref, y.ref)
        let width = y.dtype.byteWidth
        context.emit("where", operands + [y]) { memory in
            Outcome(
                tk_where(
                    width, Int32(shape.count), shape, memory.u8(cond), strides[0], memory.raw(a), strides[1], memory.raw(b),
                    strides[2], memory.raw(out)))
        }
    }
}

extension Cast: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.operand(node, 0)
        if x.dtype == to { return context.define(node, as: x) }
        let (shape, strides) = collapse(x.sizes, [x.strides])
        // Rows are cast where they lie; what has none is brought in order first, which copies square by square.
        guard !x.isContiguous, strides[0].last == 1, shape.count <= Int(TK_MAX_RANK) else { return try lowerDense(node, context) }
        let y = try context.result(node)
        let (from, out, source, target) = (x.ref, y.ref, x.dtype.kernelType, to.kernelType)
        context.emit("cast", [x, y]) {
            Outcome(tk_cast_rows(source, target, Int32(shape.count), shape, $0.raw(from), strides[0], $0.raw(out)))
        }
    }

    private func lowerDense(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.dense(node, 0)
        context.cast(x, to: try context.result(node))
    }
}

extension BitCast: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.operand(node, 0)
        var y = View(buffer: x.buffer, dtype: to, sizes: x.sizes)
        (y.strides, y.offset) = (x.strides, x.offset)
        context.define(node, as: y)
    }
}

extension Fill: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let users = context.graph.users(of: node.outputs[0]).compactMap { context.graph.node($0) }
        let isStart = users.allSatisfy { user in user.op is ScatterRows && !user.inputs.dropFirst().contains(node.outputs[0]) }
        guard isStart, !context.graph.isOutput(node.outputs[0]), !dtype.isHalf, dtype.bits >= 8 else {
            return emit(context, to: try context.result(node))
        }
        // Those that read it fill their own memory.
        let one = context.allocate(dtype, [])
        emit(context, to: one)
        context.define(node, as: one.expanded(to: try context.sizes(of: node.outputs[0])))
    }

    /// Fills `y`, which is dense.
    func emit(_ context: LoweringContext, to y: View) {
        let element = value.tensor(dtype)
        let (out, count, width) = (y.ref, y.count, dtype.byteWidth)
        context.emit("fill", [y]) { Outcome(tk_fill(width, element.bytes.pointer, $0.raw(out), count)) }
    }
}

extension Iota: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let y = try context.result(node)
        let (out, count, first) = (y.ref, y.count, start)
        context.emit("iota", [y]) { memory in
            for index in 0..<count { memory.i64(out)[index] = Int64(first &+ index) }
            return .done
        }
    }
}
