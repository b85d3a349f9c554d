import IR

/// What norms that are spelled out have in common.
extension Match {
    /// The node under the root: of sqrt, or with `inverse` of rsqrt or of a reciprocal of sqrt.
    func radicand(_ value: ValueID, inverse: Bool) -> Node? {
        var root = producer(of: value, inverse ? "rsqrt" : "sqrt")
        if inverse, root == nil {
            let quotient = producer(of: value, "reciprocal", "div")
            let under =
                quotient?.opName == "div"
                ? quotient.flatMap { isScalar(operand($0, 0), 1) ? operand($0, 1) : nil }
                : quotient.flatMap { operand($0, 0) }
            root = producer(of: under, "sqrt")
        }
        return root.flatMap { producer(of: operand($0, 0), "add") }
    }

    /// The operand of a mean over the last dimension, kept.
    func rowMean(_ value: ValueID) -> ValueID? {
        guard let (node, mean) = op(Reduce<ReduceMean>.self, of: value), mean.keepDims, mean.axes.count == 1,
            let x = operand(node, 0), Match.isLast(mean.axes[0], rank: type(x).rank)
        else { return nil }
        return x
    }

    /// Whether `value` is `base` squared, as a product, a power or a square.
    func isSquare(_ value: ValueID, of base: ValueID) -> Bool {
        guard let node = producer(of: value, "square", "mul", "pow"), operand(node, 0) == base
        else { return false }
        switch node.opName {
        case "mul": return operand(node, 1) == base
        case "pow": return isScalar(operand(node, 1), 2)
        default: return true
        }
    }
}
