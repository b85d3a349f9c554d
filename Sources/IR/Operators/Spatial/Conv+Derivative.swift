/// dx is dy convolved with the filter turned around; dweight an operator of its own; dbias is Σ dy.
extension Conv: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (x, weight, dy) = (try node.input(0), try node.input(1), try node.cotangent())
        let windows = try TransposedWindows(geometry, kernel: Array(weight.shape[2...]))
        return [
            try node.wanted(0) { try windows.spread(dy, weight.cast(to: dy.dtype), over: x.shape) },
            try node.wanted(1) { try x.cast(to: dy.dtype).applying(ConvWeightGradient(geometry, kernel: windows.kernel), dy) },
            try node.wanted(2) { try dy.sum(dy.shape.indices.filter { $0 != 1 }, keepDims: false) },
        ]
    }
}

extension FusedConv: Composite {
    package func composed(of inputs: [Traced?]) throws -> Traced {
        let all = inputs + [Traced?](repeating: nil, count: max(4 - inputs.count, 0))
        guard let x = all[0] else { throw DerivativeError("operand 0 is missing") }
        let y = try x.applying(Conv(geometry), all[1], all[2]).activated(by: activation)
        return try all[3].map { try y + $0.cast(to: y.dtype) } ?? y
    }
}

/// Linear in both operands: the cotangent takes the place of the filter.
extension ConvWeightGradient: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (x, dy, filter) = (try node.input(0), try node.input(1), try node.cotangent())
        let windows = try TransposedWindows(geometry, kernel: kernel.map { Dim($0) })
        return [
            try node.wanted(0) { try windows.spread(dy.cast(to: filter.dtype), filter, over: x.shape) },
            try node.wanted(1) { try x.applying(Conv(geometry), filter) },
        ]
    }
}

extension TurnFilter: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] { [try node.cotangent().applying(TurnFilter(groups: groups))] }
}
