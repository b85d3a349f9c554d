import IR

/// Weights of few bits in blocks, each with a scale, as com.microsoft packs them.
extension OperatorMapping {
    /// Sizes beyond are no sizes: products of two of them fit an integer.
    private static let largest = 1 << 31

    static let blockWeights: [OperatorMapping] = [
        .one("MatMulNBits", domain: microsoftDomain) { node in
            let x = try node.input(0)
            let (depth, columns, bits, block) = (
                try node.int("K", 0), try node.int("N", 0), try node.int("bits", 4), try node.int("block_size", 0)
            )
            guard [depth, columns, block].allSatisfy({ (1...largest).contains($0) }), [2, 4, 8].contains(bits) else {
                throw NodeProblem(
                    "K, N and block_size must be from 1 to \(largest), bits 2, 4 or 8; not \(depth), \(columns), \(bits), \(block)")
            }
            let blocks = (depth + block - 1) / block
            if bits == 4, let weight = try dequantized(&node, depth, columns, block) {
                return try product(&node, x, weight)
            }
            let packed = try node.reshape(try node.input(1), [Dim(columns), Dim(blocks), Dim(block * bits / 8)])
            let levels = try unpacked(&node, packed, bits: bits)
            let dtype = node.dtype(try node.input(2))
            let sizes: [Dim] = [Dim(columns), Dim(blocks), 1]
            let zero = try zeroPoints(&node, columns, blocks, bits, dtype)
            let scales = try node.reshape(try node.input(2), sizes)
            var rows = try node.cast(levels, to: dtype)
            if let groups = node.optional(4) {
                // Inputs name their groups.
                let order = try node.slice(try node.cast(groups, to: .i64), axis: 0, 0..<depth)
                rows = try inputs(&node, rows, depth)
                rows = try node.binary(Sub.self, rows, try picked(&node, zero, order))
                rows = try node.binary(Mul.self, rows, try picked(&node, scales, order))
            } else {
                rows = try node.binary(Mul.self, try node.binary(Sub.self, rows, zero), scales)
                rows = try inputs(&node, rows, depth)
            }
            return try product(&node, x, rows)
        }
    ]

    /// x · weightᵀ, and the bias.
    private static func product(_ node: inout NodeImport, _ x: ValueID, _ weight: ValueID) throws -> ValueID {
        let y = try node.emit(MatMul(), x, try node.transpose(try node.cast(weight, to: node.dtype(x)), [1, 0]))
        return try node.optional(5).map { try node.binary(Add.self, y, $0) } ?? y
    }

    /// Levels of 4 bits in the type that says so, with what they stand for; nil unless they are known, in order, and their zero points integers.
    private static func dequantized(_ node: inout NodeImport, _ depth: Int, _ columns: Int, _ block: Int) throws -> ValueID? {
        let blocks = (depth + block - 1) / block
        guard block % 2 == 0, depth % 2 == 0, node.optional(4) == nil, let packed = node.knownTensor(try node.input(1)),
            packed.dtype == .u8, packed.count == Tensor.elementCount([columns, blocks, block / 2])
        else { return nil }
        var zero: Tensor?
        if let given = node.optional(3) {
            let rowBytes = (blocks + 1) / 2
            guard let tensor = node.knownTensor(given), tensor.dtype == .u8, tensor.count == columns * rowBytes else { return nil }
            zero = rows(tensor, columns, from: rowBytes * 2, to: blocks)
        }
        let levels =
            blocks * block == depth
            ? Tensor(dtype: .u4, shape: [columns, depth], bytes: packed.bytes)
            : rows(packed, columns, from: blocks * block, to: depth)
        guard let levels else { return nil }
        let operands = [
            try node.constant(levels), try node.reshape(try node.input(2), [Dim(columns), Dim(blocks)]),
            try node.constant(zero ?? Tensor(integers: [Int](repeating: 8, count: columns * blocks), [columns, blocks], as: .u4)),
        ]
        return try node.emit(Dequantize(ScalePlacement(axis: 1, block: block), to: node.dtype(try node.input(2))), operands)
    }

    /// The first `width` of each row of 4-bit integers, which are `stride` apart, an even number.
    private static func rows(_ packed: Tensor, _ count: Int, from stride: Int, to width: Int) -> Tensor? {
        let bytes = packed.bytes.buffer
        return Tensor(
            integers: (0..<(count * width)).map { index in
                let place = index / width * stride + index % width
                return Int(bytes[place / 2] >> (place % 2 == 0 ? 0 : 4) & 0x0F)
            }, [count, width], as: .u4)
    }

    /// Blocks [columns, blocks, block] as the first `depth` inputs of each column.
    private static func inputs(_ node: inout NodeImport, _ blocks: ValueID, _ depth: Int) throws -> ValueID {
        let sizes = node.shape(blocks)
        let rows = try node.reshape(blocks, [sizes[0], sizes[1] * sizes[2]])
        return sizes[1] * sizes[2] == Dim(depth) ? rows : try node.slice(rows, axis: 1, 0..<depth)
    }

    /// What belongs to the groups of `order`, of [columns, blocks, 1]; a single number is that of all.
    private static func picked(_ node: inout NodeImport, _ values: ValueID, _ order: ValueID) throws -> ValueID {
        guard node.rank(values) == 3 else { return values }
        return try node.emit(Gather(axis: 1), try node.reshape(values, Array(node.shape(values).dropLast())), order)
    }

    /// Levels of a byte each in place of `8 / bits` to a byte, the first in the lowest bits.
    private static func unpacked(_ node: inout NodeImport, _ packed: ValueID, bits: Int) throws -> ValueID {
        if bits == 8 { return packed }
        let sizes = node.shape(packed)
        let count = 8 / bits
        let places = try node.constant(Tensor(integers: (0..<count).map { $0 * bits }, [count], as: .u8))
        let moved = try node.emit(Shift<ShiftRight>(), try node.reshape(packed, sizes + [1]), places)
        let levels = try node.emit(Logical<And>(), moved, try node.scalar(1 << bits - 1, .u8))
        return try node.reshape(levels, sizes.dropLast() + [(sizes.last ?? 1) * Dim(count)])
    }

    /// Packed like the weights, row by row, or plain numbers; the middle level where none are given.
    private static func zeroPoints(
        _ node: inout NodeImport, _ columns: Int, _ blocks: Int, _ bits: Int, _ dtype: DType
    ) throws -> ValueID {
        guard let given = node.optional(3) else { return try node.scalar(Double(1 << (bits - 1)), dtype) }
        let sizes: [Dim] = [Dim(columns), Dim(blocks), 1]
        if node.dtype(given) != .u8 { return try node.cast(try node.reshape(given, sizes), to: dtype) }
        let rowBytes = (blocks * bits + 7) / 8
        let levels = try unpacked(&node, try node.reshape(given, [Dim(columns), Dim(rowBytes)]), bits: bits)
        return try node.cast(try node.reshape(try node.slice(levels, axis: 1, 0..<blocks), sizes), to: dtype)
    }
}
