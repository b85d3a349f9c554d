extension Tanh: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try dy * (1 - y.squared()) }
}

extension Sigmoid: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try dy * (y * (1 - y)) }
}

/// 0 at 0.
extension Relu: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? {
        try x.isGreater(than: 0).choosing(dy, else: dy.number(0))
    }
}

extension Softplus: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try dy * x.mapped(Sigmoid.self) }
}

/// s + x · s · (1 - s), s = sigmoid(x)
extension Silu: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? {
        let s = try x.mapped(Sigmoid.self)
        return try dy * (s + y * (1 - s))
    }
}

/// 2/√π · e^(-x²)
extension Erf: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? {
        try dy * ((-x.squared()).exp() * (2 / Double.pi.squareRoot()))
    }
}

/// Φ(x) + x · φ(x): the normal distribution and its density.
extension Gelu: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? {
        let distribution = try ((x * 0.5.squareRoot()).mapped(Erf.self) + 1) * 0.5
        let density = try (x.squared() * -0.5).exp() * (1 / (2 * Double.pi).squareRoot())
        return try dy * (distribution + x * density)
    }
}

/// (1 + t) / 2 + x / 2 · (1 - t²) · u′, t = tanh(u), u = √(2/π) · (x + 0.044715 · x³)
extension GeluTanh: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? {
        let (factor, square) = ((2 / Double.pi).squareRoot(), try x.squared())
        let t = try (x * (square * 0.044715 + 1) * factor).mapped(Tanh.self)
        let slope = try (square * (3 * 0.044715) + 1) * factor
        return try dy * ((t + 1) * 0.5 + x * 0.5 * (1 - t.squared()) * slope)
    }
}
