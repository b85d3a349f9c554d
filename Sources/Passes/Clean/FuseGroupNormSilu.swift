import IR

/// Normalizes, modulates and activates in one go, as the residual blocks of diffusion models do.
///
///     x ─▶ group_norm ─▶ mul ─▶ add ─▶ silu ─▶ y        ⟶        x, scale, shift ─▶ fused_group_norm(silu) ─▶ y
///         scale ─▶ add 1 ─┘  shift ─┘
///
/// Scale and shift are `[n, c]`, seen as `[n, c, 1, …]`; each part of the chain may be missing.
package struct FuseGroupNormSilu: Rule {
    package let name = "fuse-group-norm-silu"
    package let documentation = "Takes scale, shift and silu after a group_norm into a fused_group_norm."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ["add", "silu"]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        return node.opName == "silu" ? try withSilu(node, match) : try withModulation(node, match)
    }

    private func withSilu(_ node: Node, _ match: Match) throws -> Patch? {
        guard let output = node.outputs.first, let x = match.operand(node, 0), match.hasSingleUse(x),
            let norm = match.graph.producer(of: x)
        else { return nil }
        let fused: FusedGroupNorm
        switch norm.op {
        case let op as GroupNorm: fused = FusedGroupNorm(groups: op.groups, eps: op.eps, silu: true)
        case let op as FusedGroupNorm where !op.silu: fused = FusedGroupNorm(groups: op.groups, eps: op.eps, silu: true)
        default: return nil
        }
        var patch = Patch(for: match.graph, at: node.id)
        try patch.replace(output, by: fused, norm.inputs, name: norm.name)
        return patch
    }

    private func withModulation(_ node: Node, _ match: Match) throws -> Patch? {
        guard let output = node.outputs.first else { return nil }
        let type = match.type(output)
        for (scaled, shift) in match.bothOrders(node) {
            guard let mul = match.soleProducer(of: scaled, "mul") else { continue }
            for (normalized, factor) in match.bothOrders(mul) {
                guard let (norm, op) = match.soleOp(GroupNorm.self, of: normalized), match.type(normalized) == type,
                    let add = match.producer(of: factor, "add"), let (scale, one) = match.withScalar(add), one == 1,
                    isPerChannel(match.type(scale), type), isPerChannel(match.type(shift), type)
                else { continue }
                var patch = Patch(for: match.graph, at: node.id)
                let shape = Array(type.shape.prefix(2))
                let operands = [
                    norm.inputs[0], match.operand(norm, 1), match.operand(norm, 2),
                    try patch.reshaped(scale, shape, name: add.name), try patch.reshaped(shift, shape, name: node.name),
                ]
                let fused = FusedGroupNorm(groups: op.groups, eps: op.eps, silu: false)
                try patch.replace(output, by: fused, operands, name: norm.name)
                return patch
            }
        }
        return nil
    }

    /// `[n, c, 1, …]` for x of `[n, c, …]`.
    private func isPerChannel(_ type: TensorType, _ x: TensorType) -> Bool {
        type.rank == x.rank && x.rank > 2 && type.shape.prefix(2) == x.shape.prefix(2) && type.dtype == x.dtype
            && type.shape.dropFirst(2).allSatisfy { $0.value == 1 }
    }
}
