import IR

/// A matrix of 4-bit integers with a scale for each group of neighbouring inputs of an output.
///
///     @q: i4[n, k], @scale: [n, ⌈k / group⌉] ─▶ dequantize {axis: 1, block: group} ─▶ weight
struct GroupedWeight {
    /// Neighbouring inputs of an output that may share a scale.
    static let sizes: Set<Int> = [32]

    /// i4 [n, k].
    let levels: Constant
    /// bf16 [⌈k / group⌉, n], as kernels read them.
    let scale: Constant

    /// nil for what is no such matrix, and for groups or scales that kernels do not have.
    init?(_ value: ValueID, _ match: Match) {
        guard let node = match.graph.producer(of: value), let op = node.op as? Dequantize, op.to == .f32,
            let levels = match.constant(match.operand(node, 0)), let scale = match.constant(match.operand(node, 1)),
            match.operand(node, 2) == nil, levels.type.dtype == .i4, levels.type.rank == 2, levels.bytes != nil,
            case .perGroup(axis: 1, let size)? = op.placement.quantization(levels.type, scale.type), GroupedWeight.sizes.contains(size),
            scale.type.dtype == .bf16, let tensor = scale.tensor
        else { return nil }
        self.levels = levels
        let key = "\(scale.key)#transpose(1,0)"
        if let known = match.module.constants[key] {
            self.scale = known
        } else {
            guard let turned = Transposition.result(tensor, [1, 0]) else { return nil }
            self.scale = Constant(key: key, turned)
        }
    }
}
