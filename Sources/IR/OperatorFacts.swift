/// What passes, lowering and reports may rely on about every application of an operator.
package struct OperatorFacts: OptionSet, Sendable {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    /// One result, each element of which depends only on the operands' elements at its place, by NumPy broadcasting.
    package static let elementwise = OperatorFacts(rawValue: 1 << 0)
    /// Two operands that may change places without changing a bit.
    package static let commutative = OperatorFacts(rawValue: 1 << 1)
    /// Results show elements of operand 0 as they are, through a shape and strides alone: they need no memory of their own.
    package static let view = OperatorFacts(rawValue: 1 << 2)
    /// Elements along some dimensions become one.
    package static let reduction = OperatorFacts(rawValue: 1 << 3)
    /// Results are elements of the operands, moved: no arithmetic.
    package static let movement = OperatorFacts(rawValue: 1 << 4)
    /// The derivative exists almost everywhere and says something (it is not 0 everywhere).
    package static let differentiable = OperatorFacts(rawValue: 1 << 5)
    /// Equal inputs may give different results, or running has an effect: never folded, merged, moved or removed.
    package static let stateful = OperatorFacts(rawValue: 1 << 6)
}
