import IR

/// Merges transpositions, and removes a pair that elementwise operators separate.
///
///     x ──▶ transpose(p) ──▶ transpose(q) ──▶ y              ⟶    x ──▶ transpose(p∘q) ──▶ y
///     x ──▶ transpose(p) ──▶ f ──▶ transpose(p⁻¹) ──▶ y      ⟶    x ──▶ f ──▶ y
///     x ──▶ transpose(p) ──▶ y   (only sizes 1 change place)  ⟶    x ──▶ reshape ──▶ y
///
/// f is a tree of elementwise operators that nothing else reads; its leaves are transposed by p or single numbers.
package struct TransposeCancel: Rule {
    package let name = "transpose-cancel"
    package let documentation = "Merges adjacent transpositions and cancels pairs around elementwise operators."
    package let promise = Promise.exact
    package let anchors: Set<String>? = ["transpose"]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let outer = node.op as? Transpose, let output = node.outputs.first, let x = match.operand(node, 0) else {
            return nil
        }
        var patch = Patch(for: graph, at: node.id)
        if let (inner, op) = match.op(Transpose.self, of: x), let source = match.operand(inner, 0) {
            let merged = outer.permutation.map { op.permutation[$0] }
            if merged == Array(merged.indices) {
                patch.replace(output, with: source)
            } else {
                try patch.replace(output, by: Transpose(merged), [source], name: node.name)
            }
            return patch
        }
        if movesOnlyUnits(outer.permutation, graph.type(of: x).shape) {
            try patch.replace(output, by: Reshape(graph.type(of: output).shape), [x], name: node.name)
            return patch
        }
        guard isTransposedTree(x, Self.inverse(outer.permutation), match, 8) == .transposed else { return nil }
        patch.replace(output, with: try rebuilt(x, match, &patch))
        return patch
    }

    private static func inverse(_ permutation: [Int]) -> [Int] {
        var inverse = [Int](repeating: 0, count: permutation.count)
        for (target, source) in permutation.enumerated() { inverse[source] = target }
        return inverse
    }

    /// Whether the dimensions other than 1 keep their order: the memory stays as it is.
    private func movesOnlyUnits(_ permutation: [Int], _ shape: [Dim]) -> Bool {
        let moved = permutation.filter { shape[$0].value != 1 }
        return moved == moved.sorted()
    }

    private enum Leaf { case transposed, number, other }

    private func isTransposedTree(_ value: ValueID, _ permutation: [Int], _ match: Match, _ depth: Int) -> Leaf {
        if match.type(value).elementCount == 1, match.type(value).rank == 0 { return .number }
        guard depth > 0, let node = match.graph.producer(of: value) else { return .other }
        if let transpose = node.op as? Transpose { return transpose.permutation == permutation ? .transposed : .other }
        guard node.op.facts.contains(.elementwise), match.hasSingleUse(value) else { return .other }
        let leaves = node.inputs.compactMap { $0 }.map { isTransposedTree($0, permutation, match, depth - 1) }
        return leaves.contains(.other) || !leaves.contains(.transposed) ? .other : .transposed
    }

    /// The tree over the sources of its transpositions.
    private func rebuilt(_ value: ValueID, _ match: Match, _ patch: inout Patch) throws -> ValueID {
        guard let node = match.graph.producer(of: value), match.type(value).rank > 0 else { return value }
        if node.op is Transpose { return match.operand(node, 0) ?? value }
        let operands = try node.inputs.map { try $0.map { try rebuilt($0, match, &patch) } }
        return try patch.apply(node.op, operands, name: node.name)
    }
}
