import IR

/// Finds softmax in exports that spell it out, and log-softmax.
///
///     x ─┬─▶ sub ──▶ exp ─┬─▶ div ──▶ y        ⟶        x ──▶ softmax ──▶ y
///        └▶ max ─┘        └▶ sum ─┘
///     x ──▶ softmax ──▶ log ──▶ y              ⟶        x ──▶ log_softmax ──▶ y
///
/// Without the subtraction of the maximum it is the same function wherever it does not overflow, but not beyond; so the
/// maximum is required.
package struct FuseSoftmax: Rule {
    package let name = "fuse-softmax"
    package let documentation = "Replaces exp(x − max) / Σ exp(x − max) by softmax, and log of softmax by log_softmax."
    package let promise = Promise.rounding
    package let anchors: Set<String>? = ["div", "log"]

    package init() {}

    package func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        return node.opName == "log" ? try logarithm(node, match) : try quotient(node, match)
    }

    private func logarithm(_ node: Node, _ match: Match) throws -> Patch? {
        guard let output = node.outputs.first,
            let (inner, softmax) = match.soleOp(Softmax.self, of: match.operand(node, 0)), !softmax.offByOne
        else { return nil }
        var patch = Patch(for: match.graph, at: node.id)
        try patch.replace(output, by: LogSoftmax(axis: softmax.axis), inner.inputs, name: inner.name)
        return patch
    }

    private func quotient(_ node: Node, _ match: Match) throws -> Patch? {
        guard let output = node.outputs.first, let (numerator, denominator) = match.operands(node),
            let (sum, sumOp) = match.soleOp(Reduce<ReduceSum>.self, of: denominator),
            match.operand(sum, 0) == numerator,
            match.graph.users(of: numerator).count == 2, !match.graph.isOutput(numerator),
            let exp = match.producer(of: numerator, "exp"),
            let sub = match.soleProducer(of: match.operand(exp, 0), "sub"), let (x, maximum) = match.operands(sub),
            let (max, maxOp) = match.op(Reduce<ReduceMax>.self, of: maximum), match.operand(max, 0) == x,
            let axis = onlyAxis(sumOp.axes, keepDims: sumOp.keepDims, match.type(x)),
            onlyAxis(maxOp.axes, keepDims: maxOp.keepDims, match.type(x)) == axis
        else { return nil }
        var patch = Patch(for: match.graph, at: node.id)
        try patch.replace(output, by: Softmax(axis: axis), [x], name: node.name)
        return patch
    }

    /// The axis of a reduction over one kept dimension, counted from the front.
    private func onlyAxis(_ axes: [Int], keepDims: Bool, _ type: TensorType) -> Int? {
        guard keepDims, axes.count == 1, let axis = axes.first else { return nil }
        return axis < 0 ? axis + type.rank : axis
    }
}
