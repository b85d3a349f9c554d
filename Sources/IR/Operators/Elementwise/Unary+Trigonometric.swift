extension Sin: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try dy * x.mapped(Cos.self) }
}

extension Cos: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try -(dy * x.mapped(Sin.self)) }
}

/// 1 + y²
extension Tan: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try dy * (y.squared() + 1) }
}

/// 1 / √(1 - x²)
extension Asin: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try dy * (1 - x.squared()).rsqrt() }
}

extension Acos: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try -(dy * (1 - x.squared()).rsqrt()) }
}

extension Atan: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try dy / (x.squared() + 1) }
}

extension Sinh: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try dy * x.mapped(Cosh.self) }
}

extension Cosh: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try dy * x.mapped(Sinh.self) }
}

extension Asinh: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try dy * (x.squared() + 1).rsqrt() }
}

extension Acosh: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try dy * (x.squared() - 1).rsqrt() }
}

extension Atanh: DifferentiableFunction {
    package static func cotangent(_ dy: Traced, _ x: Traced, _ y: Traced) throws -> Traced? { try dy / (1 - x.squared()) }
}
