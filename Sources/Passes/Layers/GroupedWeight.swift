import IR

/// A matrix of 4-bit integers with a scale, and perhaps a zero point, for each group of neighbouring inputs of an output, perhaps transposed.
///
///     @q: i4[n, k] or u4[n, k], @scale: [n, ⌈k / group⌉], @zero ─▶ dequantize {axis: 1, block: group} ─▶ weight
///     @q: i4[k, n] or u4[k, n], @scale: [⌈k / group⌉, n], @zero ─▶ dequantize {block: group} ─▶ transpose ─▶ weight
struct GroupedWeight {
    /// i4 [n, k].
    let levels: Constant
    /// bf16 or f32 [⌈k / group⌉, n], as kernels read them.
    let scale: Constant
    /// u8 [⌈k / group⌉, n]: what stands for 0 of a level + 8.
    let zero: Constant?

    /// nil for what is no such matrix, and for groups or scales that kernels do not have.
    init?(_ value: ValueID, _ match: Match) {
        guard let node = match.graph.producer(of: value) else { return nil }
        if let transpose = node.op as? Transpose {
            guard transpose.permutation == [1, 0], let x = match.operand(node, 0) else { return nil }
            self.init(levelsOf: x, areTurned: true, match)
        } else {
            self.init(levelsOf: value, areTurned: false, match)
        }
    }

    /// - Parameter areTurned: whether `value` is what stands in front of a transposition.
    init?(levelsOf value: ValueID, areTurned: Bool, _ match: Match) {
        guard let node = match.graph.producer(of: value), let op = node.op as? Dequantize, op.to == .f32,
            let levels = match.constant(match.operand(node, 0)), let scale = match.constant(match.operand(node, 1)),
            [.i4, .u4].contains(levels.type.dtype), levels.type.rank == 2, levels.bytes != nil, scale.bytes != nil,
            let groups = Groups(op.placement, levels.type, scale.type, areTurned: areTurned)
        else { return nil }
        let isSigned = levels.type.dtype == .i4
        var zero: Constant?
        if let operand = match.operand(node, 2) {
            guard let given = match.constant(operand), let values = given.tensor?.integers else { return nil }
            // The level that kernels take for 0 anyway.
            zero = values.allSatisfy { $0 == (isSigned ? 0 : 8) } ? nil : given
        }
        let isPlain = zero == nil && (isSigned || match.operand(node, 2) != nil)
        guard let own = GroupedWeight.matrix(levels, areTurned, match.module), let factors = groups.scales(scale, match.module)
        else { return nil }
        (self.levels, self.scale) = (own, factors)
        self.zero = isPlain ? nil : groups.zeros(zero, factors.type.shape, isSigned, match.module)
        if self.zero == nil, !isPlain { return nil }
    }

    /// Levels as i4 [n, k]: 0…15 as -8…7.
    private static func matrix(_ levels: Constant, _ isTurned: Bool, _ module: Module) -> Constant? {
        let isSigned = levels.type.dtype == .i4
        if isSigned, !isTurned { return levels }
        let key = levels.key + (isSigned ? "" : "#i4") + (isTurned ? "#transpose(1,0)" : "")
        if let known = module.constants[key] { return known }
        guard let tensor = levels.tensor else { return nil }
        let own = isSigned ? tensor : FourBits.signed(tensor)
        return (isTurned ? FourBits.transposed(own) : own).map { Constant(key: key, $0) }
    }
}

/// How the groups of a ``GroupedWeight`` lie, and what kernels read in their place.
private struct Groups {
    /// Whether scales are [groups, n] already.
    let areTurned: Bool
    /// Groups of kernels that share a scale: those of more than 128 inputs are several.
    let repeats: Int
    /// Of kernels.
    let count: Int

    init?(_ placement: ScalePlacement, _ levels: TensorType, _ scale: TensorType, areTurned: Bool) {
        let axis = areTurned ? 0 : 1
        guard let sizes = levels.staticShape, [.bf16, .f16, .f32].contains(scale.dtype),
            case .perGroup(axis: axis, let size)? =
                placement
                .quantization(levels, scale), scale.shape[1 - axis] == levels.shape[1 - axis], let most = QuantizedProduct.groupSizes.last
        else { return nil }
        repeats = size > most && size % most == 0 ? size / most : 1
        guard QuantizedProduct.groupSizes.contains(size / repeats) else { return nil }
        let own = size / repeats
        count = sizes[axis] / own + (sizes[axis] % own == 0 ? 0 : 1)
        self.areTurned = areTurned
    }

    private var suffix: String { (areTurned ? "" : "#transpose(1,0)") + (repeats == 1 ? "" : "#groups(\(count))") }

    /// Scales [count, n], in bf16 or f32.
    func scales(_ scale: Constant, _ module: Module) -> Constant? {
        let isExact = scale.type.dtype != .f16
        if isExact, suffix.isEmpty { return scale }
        let key = scale.key + (isExact ? "" : "#cast(f32)") + suffix
        if let known = module.constants[key] { return known }
        guard let tensor = scale.tensor else { return nil }
        let wide = isExact ? tensor : Tensor(tensor.floats, tensor.shape)
        return turned(wide).flatMap(repeated).map { Constant(key: key, $0) }
    }

    /// Zero points [count, n] of levels 0…15; 0 where none are given.
    func zeros(_ zero: Constant?, _ shape: [Dim], _ isSigned: Bool, _ module: Module) -> Constant? {
        guard let zero else {
            let type = TensorType(.u8, shape)
            return type.staticShape.map { Constant(key: "#\(type)(0)", Tensor(zeros: .u8, $0)) }
        }
        let key = "\(zero.key)#levels(\(isSigned ? 8 : 0))\(suffix)"
        if let known = module.constants[key] { return known }
        guard let tensor = zero.tensor, tensor.rank == 2 else { return nil }
        let levels = Tensor(integers: tensor.integers.map { $0 + (isSigned ? 8 : 0) }, tensor.shape, as: .u8)
        return turned(levels).flatMap(repeated).map { Constant(key: key, $0) }
    }

    private func turned(_ x: Tensor) -> Tensor? { areTurned ? x : Transposition.result(x, [1, 0]) }

    /// Each row `repeats` times, and `count` of them in all.
    private func repeated(_ x: Tensor) -> Tensor? {
        guard repeats > 1 else { return x }
        guard x.rank == 2, x.shape[0] * repeats >= count else { return nil }
        let bytes = x.shape[1] * x.dtype.byteWidth
        return Tensor(x.dtype, [count, x.shape[1]]) { target in
            for row in 0..<count {
                let source = UnsafeRawBufferPointer(start: x.bytes.pointer + row / repeats * bytes, count: bytes)
                UnsafeMutableRawBufferPointer(rebasing: target[(row * bytes)..<((row + 1) * bytes)]).copyMemory(from: source)
            }
        }
    }
}

/// Matrices of 4-bit integers, two to a byte, the first in its low half.
private enum FourBits {
    /// Levels 0…15 as -8…7.
    static func signed(_ x: Tensor) -> Tensor {
        let (source, isOdd) = (x.bytes.buffer, x.count % 2 == 1)
        return Tensor(.i4, x.shape) { target in
            for index in target.indices { target[index] = source[index] ^ 0x88 }
            if isOdd, let last = target.indices.last { target[last] &= 0x0F }
        }
    }

    static func transposed(_ x: Tensor) -> Tensor? {
        let source = x.bytes.buffer
        let bytes = Tensor(.u8, x.shape) { target in
            for index in target.indices { target[index] = source[index / 2] >> (index % 2 == 0 ? 0 : 4) & 0x0F }
        }
        guard let moved = Transposition.result(bytes, [1, 0]) else { return nil }
        let levels = moved.bytes.buffer
        return Tensor(x.dtype, moved.shape) { target in
            for index in target.indices {
                target[index] = levels[2 * index] | (2 * index + 1 < levels.count ? levels[2 * index + 1] << 4 : 0)
            }
        }
    }
}
