import IR

/// Brings dense layers to one form.
///
///     x ─▶ matmul ─▶ y                  ⟶        x, wᵀ ─▶ linear ─▶ y
///     @w ───┘
///     x ─▶ linear ─▶ add ─▶ y           ⟶        x, w, b ─▶ linear ─▶ y
///                 b ──┘
///
/// The transposition of the weight is a node that constant-fold evaluates or transpose-cancel removes.
package struct FuseLinearBias: Rule {
    package let name = "fuse-linear-bias"
    package let documentation = "Replaces a product with a constant matrix by linear, and takes a bias into it."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ["matmul", "add"]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        return node.opName == "add" ? try withBias(node, match) : try fromProduct(node, match)
    }

    private func fromProduct(_ node: Node, _ match: Match) throws -> Patch? {
        guard let op = node.op as? MatMul, !op.transposeA, !op.bf16, let (x, weight) = match.operands(node),
            let output = node.outputs.first, match.type(weight).rank == 2, match.type(x).rank >= 2,
            match.type(x).dtype.isFloat
        else { return nil }
        var patch = Patch(for: match.graph, at: node.id)
        if op.transposeB {
            guard isConstant(weight, match) else { return nil }
            try patch.replace(output, by: Linear(), [x, weight], name: node.name)
        } else if let (transpose, transposeOp) = match.op(Transpose.self, of: weight),
            transposeOp.permutation == [1, 0], let rows = match.operand(transpose, 0), isConstant(rows, match)
        {
            try patch.replace(output, by: Linear(), [x, rows], name: node.name)
        } else {
            guard isConstant(weight, match) else { return nil }
            let rows = try patch.apply(Transpose([1, 0]), [weight], name: node.name)
            try patch.replace(output, by: Linear(), [x, rows], name: node.name)
        }
        return patch
    }

    /// A constant, or what follows from constants alone and was too large to fold.
    private func isConstant(_ value: ValueID, _ match: Match) -> Bool {
        match.graph.constantKey(of: value) != nil || ConstantTree(value, match.graph, match.module) != nil
    }

    private func withBias(_ node: Node, _ match: Match) throws -> Patch? {
        guard let output = node.outputs.first else { return nil }
        for (product, bias) in match.bothOrders(node) {
            guard let (linear, op) = match.soleOp(Linear.self, of: product), match.operand(linear, 2) == nil,
                match.type(product) == match.type(output), let columns = match.type(product).shape.last,
                Match.isRow(match.type(bias), columns), match.graph.constantKey(of: bias) != nil
            else { continue }
            var patch = Patch(for: match.graph, at: node.id)
            let row = try patch.reshaped(bias, [columns], name: linear.name)
            try patch.replace(output, by: op, [linear.inputs[0], linear.inputs[1], row], name: linear.name)
            return patch
        }
        return nil
    }
}
