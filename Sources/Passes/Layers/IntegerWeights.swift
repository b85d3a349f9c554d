import IR

/// The weights of a dense layer, all of them integers with scales.
struct IntegerWeights {
    /// One for each of the layer's weights, i8 or i4 [outputs, inputs].
    let levels: [Constant]
    /// f32 [outputs] for i8, bf16 or f32 [groups, outputs] for i4.
    let scales: [Constant]
    /// u8 [groups, outputs], of i4 alone: one for each weight if any has them.
    let zeros: [Constant]
    /// What x is to be multiplied by first, f32 [inputs].
    let inputScale: Constant?

    /// Of the same size as ``levels``; nil if a weight is something else.
    init?(_ node: Node, _ match: Match) {
        let operands = (node.op is GatedLinear ? [1, 2] : [1]).map { match.operand(node, $0) }
        let scaled = operands.compactMap { $0.flatMap { ScaledWeight($0, match) } }
        let grouped = operands.compactMap { $0.flatMap { GroupedWeight($0, match) } }
        if grouped.count == operands.count {
            (levels, scales, inputScale) = (grouped.map(\.levels), grouped.map(\.scale), nil)
            zeros = grouped.compactMap(\.zero)
            // Branches have groups of one size, and zero points both or none.
            guard Set(scales.map(\.type)).count == 1, zeros.isEmpty || zeros.count == levels.count else { return nil }
            return
        }
        // Branches share x.
        guard scaled.count == operands.count, scaled.count == 1 || !scaled.contains(where: { $0.scale?.axis == 1 }) else { return nil }
        let integers = scaled.compactMap { $0.centered(match.module) }
        guard integers.count == scaled.count else { return nil }
        (levels, scales, zeros, inputScale) = (integers, scaled.map(\.outputScale), [], scaled[0].inputScale)
    }

    var areGrouped: Bool { levels.allSatisfy { $0.type.dtype == .i4 } }

    /// Whether sums of products with levels of x of 8 bits fit in 32 bits, and no scale stands between them.
    var areSummed: Bool {
        inputScale == nil && levels.allSatisfy { $0.type.dtype == .i8 && (1...65536).contains($0.type.shape.last?.value ?? 0) }
    }

    /// The operands of `node` with `x` and these weights in place of its own.
    func operands(of node: Node, _ x: ValueID, _ patch: inout Patch) throws -> [ValueID?] {
        let weights: [ValueID?] = try levels.map { try patch.constant($0) } + scales.map { try patch.constant($0) }
        var operands = [x] + weights + node.inputs.dropFirst(1 + levels.count)
        if zeros.isEmpty { return operands }
        // Zero points stand behind all that a layer may have: a bias of each branch, or bias, gate and residual.
        let optional = levels.count == 2 ? 2 : 3
        operands += [ValueID?](repeating: nil, count: max(1 + weights.count + optional - operands.count, 0))
        return operands + (try zeros.map { try patch.constant($0) })
    }

    /// Whether nothing reads `value` but layers that take such weights, directly or through transpositions.
    static func areTaken(byReadersOf value: ValueID, _ match: Match) -> Bool {
        if let weight = ScaledWeight(value, match) { return weight.fits && isRead(value, match) }
        return [false, true].contains { isTurned in
            GroupedWeight(levelsOf: value, areTurned: isTurned, match) != nil && isRead(value, match, isTurned: isTurned)
        }
    }

    /// - Parameter isTurned: whether it must be read as its transpose, or as it is; nil where that is all the same.
    private static func isRead(_ value: ValueID, _ match: Match, isTurned: Bool? = nil) -> Bool {
        let readers = match.graph.users(of: value).compactMap { match.graph.node($0) }
        return !readers.isEmpty && !match.graph.isOutput(value)
            && readers.allSatisfy { reader in
                if reader.op is Transpose { return reader.outputs.allSatisfy { isRead($0, match, isTurned: isTurned.map { !$0 }) } }
                guard let x = match.operand(reader, 0), x != value, match.type(x).dtype == .f32, match.type(x).rank >= 2 else {
                    return false
                }
                if let product = reader.op as? MatMul {
                    return !product.transposeA && (isTurned == nil || product.transposeB != isTurned)
                }
                if isTurned == true { return false }
                return DenseLayer.anchors.contains(reader.opName) && !(reader.op is GatedLinear)
            }
    }
}
