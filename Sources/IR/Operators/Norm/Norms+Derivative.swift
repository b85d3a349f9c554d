/// With n the normalized x and g = dy · weight: dx = (g - mean(g) - n · mean(g · n)) / √(var(x) + eps).
extension LayerNorm: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (x, dy) = (try node.input(0), try node.cotangent())
        let statistics = try Standardized(x, eps: eps)
        return [
            try node.wanted(0) { try statistics.cotangent(of: scaled(dy, node.optional(1))) },
            try node.wanted(1) { try dy * statistics.values },
            try node.wanted(2) { dy },
        ]
    }
}

/// As layer norm, without the mean.
extension RMSNorm: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (x, dy) = (try node.input(0), try node.cotangent())
        let scale = try (x.squared().mean([x.rank - 1]) + eps).rsqrt()
        let values = try x * scale
        return [
            try node.wanted(0) {
                let g = try scaled(dy, node.optional(1))
                return try scale * (g - values * (g * values).mean([x.rank - 1]))
            },
            try node.wanted(1) { try dy * values },
        ]
    }
}

/// All three gradients come of one operator.
extension GroupNorm: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (x, dy) = (try node.input(0), try node.cotangent())
        let gradients = try x.results(of: GroupNormGradient(groups: groups, eps: eps), dy, node.optional(1))
        guard gradients.count == 3 else {
            throw DerivativeError("group_norm_gradient has \(gradients.count) results where three are expected")
        }
        return try (0..<3).map { index in try node.wanted(index) { gradients[index] } }
    }
}

extension FusedGroupNorm: Composite {
    package func composed(of inputs: [Traced?]) throws -> Traced {
        let all = inputs + [Traced?](repeating: nil, count: max(5 - inputs.count, 0))
        guard let x = all[0] else { throw DerivativeError("operand 0 is missing") }
        let channels: [Dim] = x.shape[..<2] + x.shape[2...].map { _ in 1 }
        var y = try x.applying(GroupNorm(groups: groups, eps: eps), all[1], all[2])
        if let scale = all[3] { y = try y * (scale.cast(to: y.dtype).reshaped(channels) + 1) }
        if let shift = all[4] { y = try y + shift.cast(to: y.dtype).reshaped(channels) }
        return silu ? try y.activated(by: .silu) : y
    }
}

/// (dy - y · Σ dy · y) / ‖x‖; dy / eps where that is the divisor.
extension L2Normalize: Differentiable {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        let (x, y, dy) = (try node.input(0), try node.output(), try node.cotangent())
        let axes = [try x.axis(axis)]
        let (length, least) = (try x.squared().sum(axes).sqrt(), try x.number(eps))
        let along = try length.isGreater(than: least).choosing((dy * y).sum(axes), else: dy.number(0))
        return [try (dy - y * along) / length.maximum(least)]
    }
}

/// Rows less their mean, over their standard deviation.
private struct Standardized {
    let values: Traced
    private let scale: Traced

    init(_ x: Traced, eps: Double) throws {
        let centered = try x - x.mean([x.rank - 1])
        scale = try (centered.squared().mean([x.rank - 1]) + eps).rsqrt()
        values = try centered * scale
    }

    /// What moves x if `g` moves the values.
    func cotangent(of g: Traced) throws -> Traced {
        let last = [g.rank - 1]
        return try scale * (g - g.mean(last) - values * (g * values).mean(last))
    }
}

private func scaled(_ dy: Traced, _ weight: Traced?) throws -> Traced { try weight.map { try dy * $0.cast(to: dy.dtype) } ?? dy }
