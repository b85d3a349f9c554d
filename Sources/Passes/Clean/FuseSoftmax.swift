import IR

/// Finds softmax in exports that spell it out, and log-softmax.
///
///     x ─┬─▶ sub ──▶ exp ─┬─▶ div ──▶ y        ⟶        x ──▶ softmax ──▶ y
///        └▶ max ─┘        └▶ sum ─┘
///     x ──▶ softmax ──▶ log ──▶ y              ⟶        x ──▶ log_softmax ──▶ y
///
/// Without the subtraction of the maximum it is the same function wherever it does not overflow, but not beyond; so the
/// maximum is required.
public struct FuseSoftmax: Rule {
    public let name = "fuse-softmax"
    public let documentation = "Replaces exp(x − max) / Σ exp(x − max) by softmax, and log of softmax by log_softmax."
    public let promise = Promise.rounding
    public let anchors: Set<String>? = ["div", "log"]

    public init() {}

    public func patch(at node: Node, in graph: Graph, of module: Module) throws -> Patch? {
        let match = Match(graph, module)
        guard let output = node.outputs.first else { return nil }
        var patch = Patch(for: graph, at: node.id)
        if node.opName == "log" {
            guard let (inner, softmax) = match.soleOp(Softmax.self, of: match.operand(node, 0)), !softmax.offByOne else {
                return nil
            }
            try patch.replace(output, by: LogSoftmax(axis: softmax.axis), inner.inputs, name: inner.name)
            return patch
        }
        guard let (numerator, denominator) = match.operands(node),
            let (sum, sumOp) = match.soleOp(Reduce<ReduceSum>.self, of: denominator), match.operand(sum, 0) == numerator,
            sumOp.keepDims, sumOp.axes.count == 1, let axis = sumOp.axes.first,
            match.graph.users(of: numerator).count == 2, !match.graph.isOutput(numerator),
            let exp = match.producer(of: numerator, "exp"), let sub = match.soleProducer(of: match.operand(exp, 0), "sub"),
            let (x, maximum) = match.operands(sub),
            let (max, maxOp) = match.op(Reduce<ReduceMax>.self, of: maximum), match.operand(max, 0) == x,
            maxOp.keepDims, let rank = Optional(match.type(x).rank), maxOp.axes.map({ $0 < 0 ? $0 + rank : $0 })
                == [axis < 0 ? axis + rank : axis]
        else { return nil }
        try patch.replace(output, by: Softmax(axis: axis), [x], name: node.name)
        return patch
    }
}
