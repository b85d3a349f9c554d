/// y · (dy - Σ dy · y)
extension Softmax: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (dy, y) = (try node.cotangent(), try node.output())
        return [try y * (dy - (dy * y).sum([y.axis(axis)]))]
    }
}

/// dy - softmax(x) · Σ dy
extension LogSoftmax: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (dy, y) = (try node.cotangent(), try node.output())
        return [try dy - y.exp() * dy.sum([y.axis(axis)])]
    }
}
