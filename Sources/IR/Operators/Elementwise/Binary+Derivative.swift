/// A function of two floats whose derivatives are written in operators.
package protocol DifferentiableBinary: BinaryFunction {
    /// `dy · ∂f/∂a` and `dy · ∂f/∂b` in the shape that both are stretched to, or in one that stretches to it.
    static func cotangents(_ node: Adjoint, _ dy: Traced, _ a: Traced, _ b: Traced) throws -> [Traced?]
}

extension Binary: Differentiable where Function: DifferentiableBinary {
    package func cotangents(_ node: Adjoint) throws -> [Traced?] {
        try Function.cotangents(node, node.cotangent(), node.input(0), node.input(1))
    }
}

extension Add: DifferentiableBinary {
    package static func cotangents(_ node: Adjoint, _ dy: Traced, _ a: Traced, _ b: Traced) throws -> [Traced?] { [dy, dy] }
}

extension Sub: DifferentiableBinary {
    package static func cotangents(_ node: Adjoint, _ dy: Traced, _ a: Traced, _ b: Traced) throws -> [Traced?] {
        [dy, try node.wanted(1) { try -dy }]
    }
}

extension Mul: DifferentiableBinary {
    package static func cotangents(_ node: Adjoint, _ dy: Traced, _ a: Traced, _ b: Traced) throws -> [Traced?] {
        [try node.wanted(0) { try dy * b }, try node.wanted(1) { try dy * a }]
    }
}

/// 1 / b and -y / b
extension Div: DifferentiableBinary {
    package static func cotangents(_ node: Adjoint, _ dy: Traced, _ a: Traced, _ b: Traced) throws -> [Traced?] {
        let scaled = try dy / b
        return [scaled, try node.wanted(1) { try -(scaled * node.output()) }]
    }
}

/// b · a^(b - 1), which is 0 for b = 0; y · ln a, which is 0 for a = 0.
extension Pow: DifferentiableBinary {
    package static func cotangents(_ node: Adjoint, _ dy: Traced, _ a: Traced, _ b: Traced) throws -> [Traced?] {
        let none = try dy.number(0)
        return [
            try node.wanted(0) {
                try b.equals(none).choosing(none, else: dy * (b * a.applying(Binary<Pow>(), b - 1)))
            },
            try node.wanted(1) { try a.equals(none).choosing(none, else: dy * (node.output() * a.mapped(Log.self))) },
        ]
    }
}

/// 1 and -⌊a / b⌋
extension Mod: DifferentiableBinary {
    package static func cotangents(_ node: Adjoint, _ dy: Traced, _ a: Traced, _ b: Traced) throws -> [Traced?] {
        [dy, try node.wanted(1) { try -(dy * (a / b).mapped(Floor.self)) }]
    }
}

/// 1 and -trunc(a / b)
extension Rem: DifferentiableBinary {
    package static func cotangents(_ node: Adjoint, _ dy: Traced, _ a: Traced, _ b: Traced) throws -> [Traced?] {
        let last = try node.wanted(1) {
            let quotient = try a / b
            return try -(dy * (quotient.mapped(Abs.self).mapped(Floor.self) * quotient.mapped(Sign.self)))
        }
        return [dy, last]
    }
}

/// The smaller operand gets it all; equal ones share it.
extension Minimum: DifferentiableBinary {
    package static func cotangents(_ node: Adjoint, _ dy: Traced, _ a: Traced, _ b: Traced) throws -> [Traced?] {
        try sharing(node, dy, isChosen: [{ try a.isLess(than: b) }, { try b.isLess(than: a) }], a.equals(b))
    }
}

/// As for the minimum.
extension Maximum: DifferentiableBinary {
    package static func cotangents(_ node: Adjoint, _ dy: Traced, _ a: Traced, _ b: Traced) throws -> [Traced?] {
        try sharing(node, dy, isChosen: [{ try a.isGreater(than: b) }, { try b.isGreater(than: a) }], a.equals(b))
    }
}

/// All of `dy` where an operand is chosen, half of it where both are equal.
private func sharing(_ node: Adjoint, _ dy: Traced, isChosen: [() throws -> Traced], _ isTie: Traced) throws -> [Traced?] {
    let shared = try isTie.choosing(dy * 0.5, else: dy.number(0))
    return try isChosen.enumerated().map { index, isChosen in try node.wanted(index) { try isChosen().choosing(dy, else: shared) } }
}
