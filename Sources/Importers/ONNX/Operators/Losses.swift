import IR

/// Losses, and steps of training.
extension OperatorMapping {
    static let losses: [OperatorMapping] =
        optimizers + gradients + [
            .one("NegativeLogLikelihoodLoss") { node in try likelihoodLoss(&node, try node.input(0)) },
            OperatorMapping("SoftmaxCrossEntropyLoss") { node in
                let logarithms = try node.emit(LogSoftmax(axis: 1), try node.input(0))
                return [try likelihoodLoss(&node, logarithms), logarithms]
            },
        ]

    /// -Σ w[t] x[n, t, d…] over targets t[n, d…], each 0 where t is `ignore_index`; the mean is over the weights.
    private static func likelihoodLoss(_ node: inout NodeImport, _ x: ValueID) throws -> ValueID {
        let dtype = node.dtype(x)
        guard node.rank(x) >= 2 else { throw NodeProblem("it needs [batch, classes, …], not \(node.type(x))") }
        var target = try node.cast(try node.input(1), to: .i64)
        var isIgnored: ValueID?
        if let ignored = try node.int("ignore_index") {
            let flags = try node.compare(Equal.self, target, Double(ignored))
            (isIgnored, target) = (flags, try node.choose(flags, try node.scalar(0), target))
        }
        let classes = try nonNegative(&node, try node.unsqueeze(target, 1), below: node.shape(x)[1])
        let picked = try node.squeeze(try node.emit(GatherElements(axis: 1), x, classes), 1)
        var loss = try node.unary(Neg.self, picked)
        var weights: ValueID?
        if let given = node.optional(2) { weights = try node.emit(Gather(axis: 0), given, target) }
        if let isIgnored {
            let (one, zero) = (try node.scalar(1, dtype), try node.scalar(0, dtype))
            weights = try node.choose(isIgnored, zero, weights ?? one)
            // Nothing comes of an infinite loss that is ignored.
            loss = try node.choose(isIgnored, zero, loss)
        }
        if let weights { loss = try node.binary(Mul.self, loss, weights) }
        return try reduced(&node, loss, weights)
    }

    private static func reduced(_ node: inout NodeImport, _ loss: ValueID, _ weights: ValueID?) throws -> ValueID {
        let axes = Array(0..<node.rank(loss))
        switch try node.string("reduction", "mean") {
        case "none": return loss
        case "sum": return try node.reduce(ReduceSum.self, loss, axes)
        case "mean":
            guard let weights else { return try node.reduce(ReduceMean.self, loss, axes) }
            return try node.binary(
                Div.self, try node.reduce(ReduceSum.self, loss, axes), try node.reduce(ReduceSum.self, weights, axes))
        default: throw NodeProblem("attribute 'reduction' must be 'none', 'sum' or 'mean'")
        }
    }
}
