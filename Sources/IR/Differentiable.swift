/// An operator that knows its derivative and writes it in operators of the IR.
///
/// The cotangent of a value says by how much each of its elements changes the loss; it has the value's type.
package protocol Differentiable: Operator {
    /// Cotangents of the operands, in order; the rest of them may be left out.
    ///
    /// nil where there is none: the operand is absent, not asked for, or moves nothing. What has another shape than its operand is summed
    /// over the dimensions that broadcasting has stretched, and what has another float type is cast, by the caller.
    /// - Throws: ``DerivativeError`` for what it has no derivative of; ``GraphError`` if what it writes does not fit.
    func cotangents(_ node: Adjoint) throws -> [Traced?]
}

/// An operator that stands for several plain ones: its derivative is theirs.
package protocol Composite: Operator {
    /// Its only result, written in plain operators.
    /// - Throws: as ``Differentiable/cotangents(_:)``.
    func composed(of inputs: [Traced?]) throws -> Traced
}

/// Why there is no derivative; the pass adds the node and its function.
package struct DerivativeError: Error, Sendable, CustomStringConvertible, Equatable {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// A node on the way back from the loss: what went in, what came out, and the cotangents of that.
package struct Adjoint {
    package let inputs: [Traced?]
    package let outputs: [Traced]
    /// nil for results that do not change the loss.
    package let cotangents: [Traced?]
    /// Whether the cotangent of an operand leads to a gradient that is asked for.
    package let isWanted: [Bool]

    package init(inputs: [Traced?], outputs: [Traced], cotangents: [Traced?], isWanted: [Bool]) {
        (self.inputs, self.outputs, self.cotangents, self.isWanted) = (inputs, outputs, cotangents, isWanted)
    }

    /// Operand `index`, which must be there.
    package func input(_ index: Int) throws -> Traced {
        guard index < inputs.count, let input = inputs[index] else { throw DerivativeError("operand \(index) is missing") }
        return input
    }

    /// Operand `index`, or nil if it is absent.
    package func optional(_ index: Int) -> Traced? { index < inputs.count ? inputs[index] : nil }

    /// Result `index`.
    package func output(_ index: Int = 0) throws -> Traced {
        guard index < outputs.count else { throw DerivativeError("result \(index) is missing") }
        return outputs[index]
    }

    /// The cotangent of the first result.
    package func cotangent() throws -> Traced {
        guard let first = cotangents.first, let cotangent = first else {
            throw DerivativeError("its first result does not change the loss")
        }
        return cotangent
    }

    /// What `body` writes, if the cotangent of operand `index` is asked for.
    package func wanted(_ index: Int, _ body: () throws -> Traced?) throws -> Traced? {
        index < isWanted.count && isWanted[index] ? try body() : nil
    }
}
