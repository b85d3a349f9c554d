/// The whole meaning of an operation: typed fields, documentation, type inference, cost and a slow, plainly right evaluation.
///
/// How fast it runs is no part of it: kernels are joined to operators by the lowering of the `Runtime` target.
package protocol Operator: Sendable {
    /// Name in IR text, snake case: `layer_norm`.
    static var opName: String { get }

    static var documentation: OperatorDocumentation { get }

    /// What holds of every application; none by default.
    static var facts: OperatorFacts { get }

    /// - Throws: ``AttributeError`` for missing, unknown or ill-typed attributes.
    init(reading attributes: inout AttributeReader) throws

    /// The fields; those that have their default value are left out.
    var attributes: Attributes { get }

    /// Types of the results. An absent optional operand is nil.
    /// - Throws: ``InferenceError`` naming what does not fit.
    func infer(_ inputs: [TensorType?]) throws -> [TensorType]

    /// Work of one evaluation under the given types.
    func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost

    /// The results, computed the obvious way (floats in double precision, rounded once at the end).
    ///
    /// `inputs` fit the types that ``infer(_:)`` accepted; `binding` gives the size of each symbol in the attributes.
    func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor]

    /// Other functions that this operator calls, by name.
    var calledFunctions: [String] { get }
}

extension Operator {
    package var attributes: Attributes { [:] }

    package var calledFunctions: [String] { [] }

    package static var facts: OperatorFacts { [] }

    /// The facts of an operator whose type is not known.
    package var facts: OperatorFacts { Self.facts }

    /// Whether equal inputs always give equal results; only pure operators are folded, merged or removed.
    package var isPure: Bool { !facts.contains(.stateful) }

    /// One operation per output element, every operand read once.
    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        Cost.elementwise(inputs, outputs)
    }

    /// Same operator and same attributes.
    package func isEqual(to other: any Operator) -> Bool {
        Self.opName == type(of: other).opName && attributes == other.attributes
    }
}

/// What an operator is, for people: printed by `tessera ops` and checked by a test.
package struct OperatorDocumentation: Sendable {
    /// One sentence.
    package let summary: String
    /// The definition, in plain notation.
    package let formula: String
    /// Operands in order: name, shape and dtype; `?` after the name marks an optional one.
    package let operands: [String]
    package let results: [String]
    /// Attribute name and meaning.
    package let attributes: [String: String]
    /// Its counterpart in ONNX, or how ONNX expresses it.
    package let onnx: String

    package init(
        _ summary: String, formula: String, operands: [String], results: [String], attributes: [String: String] = [:],
        onnx: String
    ) {
        self.summary = summary
        self.formula = formula
        self.operands = operands
        self.results = results
        self.attributes = attributes
        self.onnx = onnx
    }
}

/// Work of a node: floating point operations (a multiply-add counts two) and bytes moved.
package struct Cost: Sendable, Hashable {
    package var flops: Dim
    package var bytes: Dim

    package init(flops: Dim, bytes: Dim) {
        self.flops = flops
        self.bytes = bytes
    }

    /// Every operand read once and every result written once, with `perElement` operations for each result element.
    package static func elementwise(_ inputs: [TensorType?], _ outputs: [TensorType], perElement: Int = 1) -> Cost {
        let elements = outputs.reduce(0) { $0 + $1.elementCount }
        return Cost(flops: elements * Dim(perElement), bytes: traffic(inputs, outputs))
    }

    /// Bytes alone: what copies or reorders elements.
    package static func movement(_ inputs: some Sequence<TensorType?>, _ outputs: [TensorType]) -> Cost {
        Cost(flops: 0, bytes: traffic(Array(inputs), outputs))
    }

    package static func traffic(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Dim {
        (inputs.compactMap { $0 } + outputs).reduce(0) { $0 + bytes(of: $1) }
    }

    /// Four bits are half a byte where the number of elements is known.
    private static func bytes(of type: TensorType) -> Dim {
        type.dtype.bits < 8 ? type.byteCount.map { Dim($0) } ?? type.elementCount : type.elementCount * Dim(type.dtype.byteWidth)
    }
}

/// Why types do not fit an operator; the graph adds the node's name and where each operand came from.
package struct InferenceError: Error, Sendable, CustomStringConvertible, Equatable {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// A failure of `evaluate`.
package struct EvaluationError: Error, Sendable, CustomStringConvertible, Equatable {
    package let description: String

    package init(_ description: String) { self.description = description }
}
