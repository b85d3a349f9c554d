import IR

/// The filter of a convolution as integers of 8 bits with a scale for each output channel.
///
///     @q: i8[o, c, h, w], @scale: f32[o] ─▶ dequantize ─▶ filter
///
/// Bytes 0…255 with the zero point 128 are such integers too.
struct IntegerFilter {
    let levels: Constant
    /// f32 [o].
    let scale: Constant

    /// nil for zero points other than 0, other types, and more than one group.
    init?(_ node: Node, _ match: Match) {
        guard let conv = ConvOperands(node.op), conv.scale == nil, conv.geometry.groups == 1,
            let filter = match.operand(node, 1)
        else { return nil }
        self.init(filter, match)
    }

    init?(_ filter: ValueID, _ match: Match) {
        guard let (node, op) = match.op(Dequantize.self, of: filter), op.to == .f32, let levels = match.constant(match.operand(node, 0)),
            let scale = match.constant(match.operand(node, 1)), let shape = levels.type.staticShape,
            shape.count == 4, !shape.contains(0), levels.bytes != nil, scale.type.dtype == .f32, let factors = scale.tensor,
            let signed = IntegerFilter.signed(
                levels, zero: match.operand(node, 2).map { match.constant($0)?.tensor?.integers }, match.module)
        else { return nil }
        self.levels = signed
        switch op.placement.quantization(levels.type, scale.type) {
        case .perTensor where scale.type.shape != [Dim(shape[0])]:
            let numbers = [Float](repeating: factors.floats.first ?? 1, count: shape[0])
            self.scale = Constant(key: "\(scale.key)#outputs(\(shape[0]))", Tensor(numbers, [shape[0]]))
        case .perTensor, .perChannel(axis: 0):
            guard scale.type.rank == 1 else { return nil }
            self.scale = scale
        default: return nil
        }
    }

    /// As i8 without zero points.
    private static func signed(_ levels: Constant, zero: [Int]??, _ module: Module) -> Constant? {
        let wanted = levels.type.dtype == .u8 ? 128 : 0
        // No zero point is one of 0; one that is no constant is not known.
        guard let zeros = zero == nil ? [0] : zero ?? nil, zeros.allSatisfy({ $0 == wanted }) else { return nil }
        if levels.type.dtype == .i8 { return levels }
        let key = "\(levels.key)#i8(128)"
        if let known = module.constants[key] { return known }
        guard levels.type.dtype == .u8, let tensor = levels.tensor else { return nil }
        let source = tensor.bytes.buffer
        let result = Tensor(.i8, tensor.shape) { target in for index in target.indices { target[index] = source[index] ^ 0x80 } }
        return Constant(key: key, result)
    }

    /// Whether nothing reads `value` but convolutions that take such filters.
    static func isTaken(byReadersOf value: ValueID, _ match: Match) -> Bool {
        guard IntegerFilter(value, match) != nil, !match.graph.isOutput(value) else { return false }
        let readers = match.graph.users(of: value).compactMap { match.graph.node($0) }
        return !readers.isEmpty
            && readers.allSatisfy { reader in
                match.operand(reader, 1) == value && match.areF32(reader.inputs) && !reader.inputs.dropFirst(2).contains(value)
                    && IntegerFilter(reader, match) != nil && match.operand(reader, 0).map { match.type($0).rank == 4 } ?? false
            }
    }
}

extension Match {
    /// The constant that `value` is.
    func constant(_ value: ValueID?) -> Constant? { value.flatMap { graph.constantKey(of: $0) }.flatMap { module.constants[$0] } }
}
