import CKernels
import IR

extension Unary: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let given = try context.operand(node, 0)
        guard given.dtype == .f32, let op = unaryKernels[Self.opName] else { return try lowerByEvaluation(node, context) }
        // Every element for itself: any order without gaps will do.
        let keepsOrder = given.isChannelsLast && !context.isResult(node.outputs[0])
        let x = given.isDenseChannelsLast ? given : keepsOrder ? try context.channelsLastCopy(of: given) : try context.dense(node, 0)
        let y = x.isDenseChannelsLast ? try context.channelsLastResult(node, over: 0) : try context.resultInPlace(node, over: 0)
        context.emit(ElementwiseStage("unary.\(Self.opName)", op, x, to: y))
    }
}

private let unaryKernels: [String: tk_unary_op] = [
    "neg": TK_UNARY_NEG, "abs": TK_UNARY_ABS, "square": TK_UNARY_SQUARE, "sign": TK_UNARY_SIGN, "relu": TK_UNARY_RELU,
    "floor": TK_UNARY_FLOOR, "ceil": TK_UNARY_CEIL, "round": TK_UNARY_ROUND, "sqrt": TK_UNARY_SQRT,
    "rsqrt": TK_UNARY_RSQRT, "reciprocal": TK_UNARY_RECIPROCAL, "exp": TK_UNARY_EXP, "log": TK_UNARY_LOG,
    "tanh": TK_UNARY_TANH, "erf": TK_UNARY_ERF, "sigmoid": TK_UNARY_SIGMOID, "silu": TK_UNARY_SILU,
    "gelu": TK_UNARY_GELU_ERF, "gelu_tanh": TK_UNARY_GELU_TANH, "softplus": TK_UNARY_SOFTPLUS, "sin": TK_UNARY_SIN,
    "cos": TK_UNARY_COS,
]

extension IsNaN: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let x = try context.dense(node, 0)
        guard x.dtype == .f32 else { return try lowerByEvaluation(node, context) }
        let y = try context.result(node)
        let (from, to, count) = (x.ref, y.ref, x.count)
        context.emit("is_nan", [x, y]) {
            tk_is_nan($0.f32(from), $0.u8(to), count); return .done
        }
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

private let binaryKernels: [String: tk_binary_op] = [
    "add": TK_BINARY_ADD, "sub": TK_BINARY_SUB, "mul": TK_BINARY_MUL, "div": TK_BINARY_DIV, "min": TK_BINARY_MIN,
    "max": TK_BINARY_MAX, "pow": TK_BINARY_POW, "mod": TK_BINARY_MOD, "eq": TK_BINARY_EQ, "ne": TK_BINARY_NE,
    "lt": TK_BINARY_LT, "le": TK_BINARY_LE, "gt": TK_BINARY_GT, "ge": TK_BINARY_GE, "and": TK_BINARY_AND,
    "or": TK_BINARY_OR, "xor": TK_BINARY_XOR,
]

private func lowerBinary(_ op: any Operator, _ node: Node, _ context: LoweringContext) throws {
    let (a, b) = (try context.operand(node, 0), try context.operand(node, 1))
    let target = try context.sizes(of: node.outputs[0])
    var views = [a.expanded(to: target), b.expanded(to: target)]
    let larger = a.sizes == target ? 0 : 1
    let keepsOrder = views[larger].isDenseChannelsLast || (views[larger].isChannelsLast && !context.isResult(node.outputs[0]))
    if keepsOrder { views = views.map(\.channelsMovedLast) }
    let (shape, strides) = collapse(views[0].sizes, views.map(\.strides))
    guard let kernel = binaryKernels[node.opName], supportsBinary(a.dtype, node.opName), shape.count <= Int(TK_MAX_RANK) else {
        return try lowerByEvaluation(node, context)
    }
    let y = keepsOrder ? try context.channelsLastResult(node, over: larger) : try context.resultInPlace(node, over: larger)
    if a.dtype == .f32,
        let stage = ElementwiseStage("binary.\(node.opName)", kernel, [a, b], to: y, shape: shape, strides: strides)
    {
        return context.emit(stage)
    }
    let (x0, x1, out, dtype) = (a.ref, b.ref, y.ref, a.dtype.kernelType)
    context.emit("binary.\(node.opName)", [a, b, y]) { memory in
        Outcome(
            tk_binary(dtype, kernel, Int32(shape.count), shape, memory.raw(x0), strides[0], memory.raw(x1), strides[1], memory.raw(out)))
    }
}

private func supportsBinary(_ dtype: DType, _ opName: String) -> Bool {
    switch dtype {
    case .f32: !["and", "or", "xor"].contains(opName)
    case .i32, .i64: !["and", "or", "xor", "pow"].contains(opName)
    case .u8, .bool: ["eq", "ne", "and", "or", "xor"].contains(opName)
    default: false
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
        let y = try context.result(node)
        let (from, out, count, source, target) = (x.ref, y.ref, x.count, x.dtype.kernelType, to.kernelType)
        context.emit("cast", [x, y]) { Outcome(tk_cast(source, target, $0.raw(from), $0.raw(out), count)) }
    }
}

extension Fill: Lowerable {
    func lower(_ node: Node, _ context: LoweringContext) throws {
        let y = try context.result(node)
        let element = Tensor([value], [1], as: dtype)
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

extension DType {
    /// The number that kernels know this type by. The packed 4-bit types and strings have none; they never meet kernels that ask.
    var kernelType: tk_dtype {
        switch self {
        case .f32: TK_F32
        case .f16: TK_F16
        case .bf16: TK_BF16
        case .f64: TK_F64
        case .i8, .i4, .string: TK_I8
        case .u8, .u4: TK_U8
        case .i16: TK_I16
        case .u16: TK_U16
        case .i32: TK_I32
        case .u32: TK_U32
        case .i64: TK_I64
        case .u64: TK_U64
        case .bool: TK_BOOL
        }
    }
}
