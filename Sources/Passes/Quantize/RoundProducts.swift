import IR

/// Rounds the operands of large products of computed matrices to bf16, with sums in f32.
///
///     x: f32, %w: f32 ─▶ linear ─▶ y: f32        ⟶        x, %w ─▶ linear {bf16} ─▶ y: f32
///
/// For functions that train: what lies in memory, weights above all, stays f32, so that small steps are not lost. Weights that are constants
/// are left to the precision of their layers (``CastLinearWeights``).
package struct RoundProducts: Rule {
    package let name = "round-products"
    package let documentation = "Rounds the operands of large products of computed matrices to bf16; sums stay f32."
    package let promise = Promise.lossy
    package let anchors: Set<String>? = [Linear.opName, FusedLinear.opName, MatMul.opName]

    package init() {}

    /// Least size of two of a product's three dimensions: below, rounding buys nothing. Sizes that are open, such as rows of a batch, do not
    /// count.
    static let least = 64

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        guard let op = rounded(node.op), let output = node.outputs.first, node.inputs.count >= 2, let x = node.inputs[0],
            let weight = node.inputs[1], !node.inputs.contains(where: { $0.map { graph.type(of: $0).dtype != .f32 } ?? false }),
            graph.constantKey(of: weight) == nil, isLarge(graph.type(of: x), graph.type(of: weight), graph.type(of: output))
        else { return nil }
        var patch = Patch(for: graph, at: node.id)
        try patch.replace(output, by: op, node.inputs, name: node.name)
        return patch
    }

    /// The operator with rounded operands; nil if it is none of these, or rounds already.
    private func rounded(_ op: any Operator) -> (any Operator)? {
        switch op {
        case let op as Linear: op.bf16 ? nil : Linear(bf16: true)
        case let op as FusedLinear: op.bf16 ? nil : FusedLinear(activation: op.activation, bf16: true)
        case let op as MatMul: op.bf16 ? nil : MatMul(transposeA: op.transposeA, transposeB: op.transposeB, bf16: true)
        default: nil
        }
    }

    /// Products of two matrices; those of attention, a matrix for each head, are small.
    private func isLarge(_ x: TensorType, _ weight: TensorType, _ y: TensorType) -> Bool {
        guard weight.rank == 2, x.rank >= 2 else { return false }
        return [weight.shape, y.shape.suffix(2)].contains { $0.count == 2 && $0.allSatisfy { ($0.value ?? 0) >= RoundProducts.least } }
    }
}

extension Pipeline {
    /// For clean functions that train: large products in bf16, all else in f32.
    package static let bf16Products = Pipeline(
        "bf16-products", stage: .clean,
        [Step(RoundProducts(), because: "Machines with bf16 products take half the time for them, and gradients need no more digits.")])
}
