import IR

/// Multiplies with weights of 8 bits as they are stored, and scales the products.
///
///     x, w, b ─▶ linear ─▶ y        ⟶        x, @q: i8, @scale, b ─▶ quantized_linear {weight_only} ─▶ y
///     w = (@q - @zero) · @scale
///
/// A scale for each output, or one for all, is that of the products; one for each input is multiplied into x.
package struct WeightOnlyLinear: Rule {
    package let name = "weight-only-linear"
    package let documentation = "Takes weights that are integers times scales into dense layers as they are stored."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = DenseLayer.anchors

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let y = node.outputs.first, let x = match.operand(node, 0), match.type(x).dtype == .f32 else { return nil }
        let operands = node.op is GatedLinear ? [1, 2] : [1]
        let weights = operands.compactMap { match.operand(node, $0).flatMap { ScaledWeight($0, match) } }
        guard weights.count == operands.count, node.inputs.allSatisfy({ $0.map { match.type($0).dtype == .f32 } ?? true }) else {
            return nil
        }
        // Two branches share x.
        if weights.count > 1, weights.contains(where: { $0.scale?.axis == 1 }) { return nil }
        var patch = Patch(for: graph, at: node.id)
        var (integers, scales): ([ValueID?], [ValueID?]) = ([], [])
        for weight in weights {
            guard let levels = weight.centered(module) else { return nil }
            integers.append(try patch.constant(levels))
            scales.append(try patch.constant(weight.outputScale))
        }
        let input = try weights[0].inputScale.map { try patch.apply(Binary<Mul>(), [x, patch.constant($0)], name: node.name) } ?? x
        let rest = node.inputs.dropFirst(1 + weights.count)
        try patch.replace(y, by: DenseLayer.quantized(node.op, weightOnly: true), [input] + integers + scales + rest, name: node.name)
        return patch
    }

    /// Whether nothing reads `value` but products that this rule will take, directly or through transpositions.
    static func takesAll(readersOf value: ValueID, _ match: Match) -> Bool {
        guard let weight = ScaledWeight(value, match), weight.fits else { return false }
        return isRead(value, match)
    }

    private static func isRead(_ value: ValueID, _ match: Match) -> Bool {
        let readers = match.graph.users(of: value).compactMap { match.graph.node($0) }
        return !readers.isEmpty && !match.graph.isOutput(value)
            && readers.allSatisfy { reader in
                if reader.op is Transpose { return reader.outputs.allSatisfy { isRead($0, match) } }
                guard let x = match.operand(reader, 0), x != value, match.type(x).dtype == .f32, match.type(x).rank >= 2 else {
                    return false
                }
                if let product = reader.op as? MatMul { return !product.transposeA }
                return DenseLayer.anchors.contains(reader.opName) && !(reader.op is GatedLinear)
            }
    }
}

extension ScaledWeight {
    /// The scale of each output; outputs are rows.
    fileprivate var outputScale: Constant {
        let count = shape[0]
        let values = scale.flatMap { $0.axis == 1 ? nil : $0.values } ?? [1]
        let key = "\(scale.flatMap { $0.axis == 1 ? nil : $0.key } ?? "")#outputs(\(count))"
        return Constant(key: key, Tensor(values.count == count ? values : [Float](repeating: values.first ?? 1, count: count), [count]))
    }

    /// The scale of each input, if there is one.
    fileprivate var inputScale: Constant? {
        scale.flatMap { $0.axis == 1 ? Constant(key: "\($0.key)#inputs(\(shape[1]))", Tensor($0.values, [shape[1]])) : nil }
    }
}
