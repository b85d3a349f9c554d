/// dx = dy · weight; dweight = dyᵀ · x and dbias = Σ dy over all rows.
extension Linear: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        try RoundedOperands.refuse(bf16)
        let (x, weight) = (try node.input(0), try node.input(1))
        let dy = try node.cotangent().rows()
        return [
            try node.wanted(0) { try dy.product(weight.cast(to: dy.dtype)).reshaped(x.shape) },
            try node.wanted(1) { try dy.product(x.rows(), transposed: true) },
            try node.wanted(2) { dy },
        ]
    }
}

extension Traced {
    /// All dimensions but the last as one.
    func rows() throws -> Traced {
        guard let columns = shape.last else { throw DerivativeError("a number has no rows") }
        return try reshaped([shape.dropLast().reduce(1, *), columns])
    }
}

extension FusedLinear: Composite {
    package func composed(of inputs: [Traced?]) throws -> Traced {
        try RoundedOperands.refuse(bf16)
        let all = inputs + [Traced?](repeating: nil, count: max(5 - inputs.count, 0))
        guard let x = all[0] else { throw DerivativeError("operand 0 is missing") }
        var y = try x.linear(all[1], all[2]).activated(by: activation)
        if let gate = all[3] { y = try y * gate.cast(to: y.dtype) }
        if let residual = all[4] { y = try y + residual.cast(to: y.dtype) }
        return y
    }
}

extension GatedLinear: Composite {
    package func composed(of inputs: [Traced?]) throws -> Traced {
        let all = inputs + [Traced?](repeating: nil, count: max(5 - inputs.count, 0))
        guard let x = all[0] else { throw DerivativeError("operand 0 is missing") }
        return try x.linear(all[1], all[3]).activated(by: activation) * x.linear(all[2], all[4])
    }
}

extension Traced {
    fileprivate func linear(_ weight: Traced?, _ bias: Traced?) throws -> Traced {
        bias == nil ? try applying(Linear(), weight) : try applying(Linear(), weight, bias)
    }
}
