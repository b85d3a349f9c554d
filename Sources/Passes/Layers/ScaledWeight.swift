import IR

/// A matrix that is held as integers of at most 8 bits: `(levels - zero) · scale`, perhaps transposed.
///
///     @q, @scale, @zero ─▶ dequantize ─▶ (transpose) ─▶ weight
///
/// or the same in arithmetic:
///
///     @q ─▶ cast ─▶ sub ─▶ mul ─▶ (transpose) ─▶ weight
///         @zero ─────┘      │
///         @scale ───────────┘
struct ScaledWeight {
    /// [rows, columns], or its transpose where ``isTransposed``.
    let levels: Constant
    private(set) var isTransposed = false
    private(set) var zero: Factor?
    private(set) var scale: Factor?
    let rows, columns: Int

    /// A number for all of a matrix, for each of its rows (axis 0), or for each of its columns (axis 1).
    struct Factor {
        let key: String
        var axis: Int?
        let values: [Float]
        /// Where it is a constant as it is.
        var constant: Constant?

        /// nil unless its `sizes`, none for one number, are those of a matrix of `shape` along one axis at most.
        init?(_ tree: ConstantTree, _ sizes: [Int], over shape: [Int], _ constant: Constant? = nil) {
            let axes = sizes.indices.filter { sizes[$0] != 1 }
            guard axes.count < 2, axes.allSatisfy({ sizes[$0] == shape[$0] }), let tensor = tree.evaluated() else { return nil }
            (key, axis, values, self.constant) = (tree.key, axes.first, tensor.floats, constant)
        }
    }

    /// nil for what is no such matrix: scales for blocks, other operators, other element types than f32.
    init?(_ value: ValueID, _ match: Match) {
        guard let weight = ScaledWeight.read(value, match, depth: 6) else { return nil }
        self = weight
    }

    private init?(levels: Constant) {
        guard levels.type.dtype.isInteger, levels.type.dtype.bits <= 8, levels.bytes != nil, let shape = levels.type.staticShape,
            shape.count == 2
        else { return nil }
        (self.levels, rows, columns) = (levels, shape[0], shape[1])
    }

    private static func read(_ value: ValueID, _ match: Match, depth: Int) -> ScaledWeight? {
        // Arithmetic in half precision rounds on the way.
        guard depth > 0, match.type(value).dtype == .f32, match.type(value).rank == 2, let node = match.graph.producer(of: value),
            let x = match.operand(node, 0)
        else { return nil }
        func inner(_ value: ValueID) -> ScaledWeight? { read(value, match, depth: depth - 1) }
        switch node.op {
        case let op as Dequantize: return dequantized(op, node, match)
        case is Cast:
            guard let key = match.graph.constantKey(of: x), let constant = match.module.constants[key] else { return inner(x) }
            return ScaledWeight(levels: constant)
        case let op as Transpose where op.permutation == [1, 0]: return inner(x)?.transposed
        case is Binary<Sub>:
            guard var weight = inner(x), weight.scale == nil, weight.zero == nil, let factor = factor(match.operand(node, 1), weight, match)
            else { return nil }
            weight.zero = factor
            return weight
        case is Binary<Mul>:
            for (levels, scale) in match.bothOrders(node) {
                guard var weight = inner(levels), weight.scale == nil, let factor = factor(scale, weight, match) else { continue }
                weight.scale = factor
                return weight
            }
            return nil
        default: return nil
        }
    }

    private static func dequantized(_ op: Dequantize, _ node: Node, _ match: Match) -> ScaledWeight? {
        guard let constant = match.constant(match.operand(node, 0)), var weight = ScaledWeight(levels: constant),
            let scale = weight.factor(match.operand(node, 1), op.placement, match)
        else { return nil }
        weight.scale = scale
        guard let zero = match.operand(node, 2) else { return weight }
        weight.zero = weight.factor(zero, op.placement, match)
        return weight.zero == nil ? nil : weight
    }

    /// A scale or zero point of a ``Dequantize``; nil for blocks.
    private func factor(_ value: ValueID?, _ placement: ScalePlacement, _ match: Match) -> Factor? {
        guard let value, let tree = ConstantTree(value, match.graph, match.module),
            let sizes = try? placement.spread(tree.type, over: levels.type, "scale").compactMap(\.value)
        else { return nil }
        return Factor(tree, sizes, over: shape, match.constant(value))
    }

    /// Sizes of the matrix as it is read.
    var shape: [Int] { isTransposed ? [columns, rows] : [rows, columns] }

    private var transposed: ScaledWeight {
        var other = self
        other.isTransposed.toggle()
        other.zero?.axis = zero?.axis.map { 1 - $0 }
        other.scale?.axis = scale?.axis.map { 1 - $0 }
        return other
    }

    private static func factor(_ value: ValueID?, _ weight: ScaledWeight, _ match: Match) -> Factor? {
        guard let value, let sizes = match.type(value).staticShape, sizes.count <= 2, sizes.reduce(1, *) <= max(weight.rows, weight.columns)
        else { return nil }
        let padded = [Int](repeating: 1, count: 2 - sizes.count) + sizes
        return ConstantTree(value, match.graph, match.module).flatMap { Factor($0, padded, over: weight.shape) }
    }

    /// `levels - zero` as i8, shaped as the matrix is read; nil where 8 bits do not hold them.
    func centered(_ module: Module) -> Constant? {
        if zero == nil, levels.type.dtype == .i8, !isTransposed { return levels }
        let moved = zero.map { "#i8(@\($0.key))" } ?? (levels.type.dtype == .i8 ? "" : "#i8")
        let key = levels.key + moved + (isTransposed ? "#transpose(1,0)" : "")
        if let known = module.constants[key] { return known }
        guard let integers = levels.tensor.flatMap(ScaledWeight.bytes), let moved = shifted(integers) else { return nil }
        let turnedTensor = isTransposed ? Transposition.result(moved, [1, 0]) : moved
        return turnedTensor.map { Constant(key: key, $0) }
    }

    /// The scale of each output; outputs are rows.
    var outputScale: Constant {
        let count = shape[0]
        if let scale, scale.axis != 1, let constant = scale.constant, constant.type == TensorType(.f32, [Dim(count)]) { return constant }
        let values = scale.flatMap { $0.axis == 1 ? nil : $0.values } ?? [1]
        let key = "\(scale.flatMap { $0.axis == 1 ? nil : $0.key } ?? "")#outputs(\(count))"
        return Constant(key: key, Tensor(values.count == count ? values : [Float](repeating: values.first ?? 1, count: count), [count]))
    }

    /// The scale of each input, if there is one.
    var inputScale: Constant? {
        scale.flatMap { $0.axis == 1 ? Constant(key: "\($0.key)#inputs(\(shape[1]))", Tensor($0.values, [shape[1]])) : nil }
    }

    /// Whether ``centered`` has a value.
    var fits: Bool { levels.type.dtype == .i8 && zero == nil || levels.tensor.flatMap(ScaledWeight.bytes).flatMap(shifted) != nil }

    /// Elements of at most 8 bits, one to a byte, as i16 would hold them: u8 and i8 are told apart by the type.
    private static func bytes(_ x: Tensor) -> Tensor? {
        x.dtype.bits == 8 ? x : Tensor(integers: x.integers, x.shape, as: x.dtype.isSigned ? .i8 : .u8)
    }

    /// As i8 what is left of `integers` without the zero points; they lie as ``levels`` does.
    private func shifted(_ integers: Tensor) -> Tensor? {
        let zeros = zero?.values ?? [0]
        guard zeros.allSatisfy({ $0 == $0.rounded() && abs($0) <= 255 }) else { return nil }
        let offsets = zeros.map { Int16($0) }
        let axis = zero?.axis.map { isTransposed ? 1 - $0 : $0 }
        var fits = true
        // u8 becomes i8 less 128, so that both are read alike.
        let flip: UInt8 = integers.dtype.isSigned ? 0 : 128
        let result = Tensor(.i8, integers.shape) { target in
            guard let to = target.baseAddress else { return }
            let source = integers.bytes.pointer
            for row in 0..<rows where fits {
                let (from, line) = (source + row &* columns, to + row &* columns)
                if axis == 1 {
                    fits = ScaledWeight.shift(from, line, columns, flip) { offsets[$0] }
                } else {
                    let offset = offsets[axis == 0 ? row : 0]
                    fits = ScaledWeight.shift(from, line, columns, flip) { _ in offset }
                }
            }
        }
        return fits ? result : nil
    }

    /// One line of levels less their zero points; false where one leaves 8 bits.
    @inline(__always) private static func shift(
        _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ count: Int, _ flip: UInt8, _ offset: (Int) -> Int16
    ) -> Bool {
        var (low, high): (Int16, Int16) = (0, 0)
        let moved = Int16(flip)
        for index in 0..<count {
            let byte = from.load(fromByteOffset: index, as: UInt8.self) ^ flip
            let value = Int16(Int8(bitPattern: byte)) &+ moved &- offset(index)
            (low, high) = (min(low, value), max(high, value))
            to.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: index, as: UInt8.self)
        }
        return low >= -128 && high <= 127
    }
}
