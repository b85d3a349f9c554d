import IR

/// A matrix of 4-bit integers with a scale, and perhaps a zero point, for each group of neighbouring inputs of an output.
///
///     @q: i4[n, k] or u4[n, k], @scale: bf16[n, ⌈k / group⌉], @zero ─▶ dequantize {axis: 1, block: group} ─▶ weight
struct GroupedWeight {
    /// i4 [n, k].
    let levels: Constant
    /// bf16 [⌈k / group⌉, n], as kernels read them.
    let scale: Constant
    /// u8 [⌈k / group⌉, n]: what stands for 0 of a level + 8.
    let zero: Constant?

    /// nil for what is no such matrix, and for groups or scales that kernels do not have.
    init?(_ value: ValueID, _ match: Match) {
        guard let node = match.graph.producer(of: value), let op = node.op as? Dequantize, op.to == .f32,
            let levels = match.constant(match.operand(node, 0)), let scale = match.constant(match.operand(node, 1)),
            [.i4, .u4].contains(levels.type.dtype), levels.type.rank == 2, levels.bytes != nil, scale.type.dtype == .bf16,
            let sizes = levels.type.staticShape, scale.bytes != nil,
            case .perGroup(axis: 1, let size)? = op.placement.quantization(levels.type, scale.type),
            let groups = scale.type.shape[1].value, scale.type.shape[0] == levels.type.shape[0],
            QuantizedProduct.groupSizes.contains(size), groups == (sizes[1] + size - 1) / size
        else { return nil }
        let isSigned = levels.type.dtype == .i4
        var zero: Constant?
        if let operand = match.operand(node, 2) {
            guard let given = match.constant(operand), given.bytes != nil else { return nil }
            zero = given
        }
        guard let own = isSigned ? levels : GroupedWeight.signed(levels, match.module),
            let factors = GroupedWeight.turned(scale, match.module)
        else { return nil }
        (self.levels, self.scale) = (own, factors)
        self.zero = isSigned && zero == nil ? nil : GroupedWeight.zeros(zero, factors, isSigned, match.module)
        if self.zero == nil, !(isSigned && zero == nil) { return nil }
    }

    /// Levels 0…15 as -8…7.
    private static func signed(_ levels: Constant, _ module: Module) -> Constant? {
        let key = "\(levels.key)#i4"
        if let known = module.constants[key] { return known }
        guard let tensor = levels.tensor else { return nil }
        let source = tensor.bytes.buffer
        let isOdd = tensor.count % 2 == 1
        let result = Tensor(.i4, tensor.shape) { target in
            for index in target.indices { target[index] = source[index] ^ 0x88 }
            if isOdd, let last = target.indices.last { target[last] &= 0x0F }
        }
        return Constant(key: key, result)
    }

    private static func turned(_ scale: Constant, _ module: Module) -> Constant? {
        let key = "\(scale.key)#transpose(1,0)"
        if let known = module.constants[key] { return known }
        return scale.tensor.flatMap { Transposition.result($0, [1, 0]) }.map { Constant(key: key, $0) }
    }

    private static func zeros(_ zero: Constant?, _ scale: Constant, _ isSigned: Bool, _ module: Module) -> Constant? {
        guard let sizes = scale.type.staticShape, let zero else {
            let shape = scale.type.staticShape ?? []
            return Constant(key: "#\(TensorType(.u8, scale.type.shape))(0)", Tensor(zeros: .u8, shape))
        }
        let key = "\(zero.key)#levels(\(isSigned ? 8 : 0))#transpose(1,0)"
        if let known = module.constants[key] { return known }
        guard let values = zero.tensor?.integers, values.count == sizes[0] * sizes[1] else { return nil }
        let turned = (0..<values.count).map { values[$0 % sizes[1] * sizes[0] + $0 / sizes[1]] + (isSigned ? 8 : 0) }
        return Constant(key: key, Tensor(integers: turned, sizes, as: .u8))
    }
}
