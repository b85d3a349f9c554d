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
    func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType]

    /// Work of one evaluation under the given types, without that of functions it calls.
    func cost(of operands: [ValueType?], _ results: [ValueType]) -> Cost

    /// The results, computed the obvious way. `operands` fit the types that inference accepted.
    func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum]

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

    /// Same operator and same attributes.
    package func isEqual(to other: any Operator) -> Bool {
        Self.opName == type(of: other).opName && attributes == other.attributes
    }

    /// The operator with symbols of its attributes replaced.
    /// - Throws: ``AttributeError`` if it takes no such sizes.
    package func substituting(_ sizes: [String: Dim]) throws -> any Operator {
        let changed = attributes.mapValues { $0.substituting(sizes) }
        return changed == attributes ? self : try OperatorRegistry.make(Self.opName, changed)
    }

    /// Symbols in its attributes.
    package var symbols: Set<String> { attributes.values.reduce(into: []) { $0.formUnion($1.symbols) } }

    /// What moves the bytes of its operands and results and computes nothing.
    package func cost(of operands: [ValueType?], _ results: [ValueType]) -> Cost {
        .movement(operands.map { $0?.element }, results.map(\.element))
    }
}

/// An operator from tensors to tensors, whose results' sizes follow from its operands' sizes: nearly all are.
package protocol TensorOperator: Operator {
    /// Types of the results. An absent optional operand is nil.
    /// - Throws: ``InferenceError`` naming what does not fit.
    func infer(_ inputs: [TensorType?]) throws -> [TensorType]

    /// Work of one evaluation under the given types.
    func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost

    /// The results, computed the obvious way (floats in double precision, rounded once at the end).
    ///
    /// `inputs` fit the types that ``infer(_:)`` accepted; `binding` gives the size of each symbol in the attributes.
    func evaluate(_ inputs: [Tensor?], _ binding: Binding) throws -> [Tensor]

    /// Positions of operands that may have a layout of their own (``Layout``): packed weights.
    var packedOperands: [Int] { get }
}

extension TensorOperator {
    package var packedOperands: [Int] { [] }

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        let inputs = try operands.enumerated().map { index, operand in
            try operand.map { type in
                guard let tensor = type.tensor else { throw InferenceError("operand \(index) must be a tensor, not \(type)") }
                guard tensor.layout == nil || packedOperands.contains(index) else {
                    throw InferenceError("operand \(index) must lie row by row, not \(type)")
                }
                return tensor
            }
        }
        return try infer(inputs).map { .tensor($0) }
    }

    package func cost(of operands: [ValueType?], _ results: [ValueType]) -> Cost {
        cost(operands.map { $0?.tensor }, results.compactMap(\.tensor))
    }

    /// One operation per output element, every operand read once.
    package func cost(_ inputs: [TensorType?], _ outputs: [TensorType]) -> Cost {
        Cost.elementwise(inputs, outputs)
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        try evaluate(operands.map { $0?.tensor }, context.binding).map { .tensor($0) }
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
