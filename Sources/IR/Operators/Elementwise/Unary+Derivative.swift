/// A function of one float whose derivative is written in operators.
package protocol DifferentiableFunction: UnaryFunction {
    /// `dy · f′(x)`, where `y = f(x)`; nil for steps, which are flat almost everywhere.
    static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced?
}

extension Unary: Differentiable where Function: DifferentiableFunction {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        [try Function.cotangent(node.cotangent(), node.input(0), node.output())]
    }
}

extension Neg: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try -dy }
}

/// 0 at 0.
extension Abs: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try dy * x.mapped(Sign.self) }
}

extension Square: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try dy * (x * 2) }
}

extension Sqrt: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try dy / (y * 2) }
}

/// -y³ / 2
extension Rsqrt: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try dy * (y.squared() * y * -0.5) }
}

/// -y²
extension Reciprocal: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try -(dy * y.squared()) }
}

extension Exp: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try dy * y }
}

extension Log: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try dy / x }
}

/// Steps.
extension Floor: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { nil }
}

extension Ceil: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { nil }
}

extension Round: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { nil }
}

extension Sign: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { nil }
}
