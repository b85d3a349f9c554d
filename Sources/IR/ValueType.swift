/// Type of a value: a tensor, or what ONNX puts around tensors.
package indirect enum ValueType: Hashable, Sendable {
    case tensor(TensorType)
    /// Any number of values of one type; sizes that differ between them are ``Dim/any``.
    case sequence(ValueType)
    /// A value or nothing.
    case optional(ValueType)

    /// The tensor type itself, or that of the tensors inside.
    package var element: TensorType {
        switch self {
        case .tensor(let type): type
        case .sequence(let inner), .optional(let inner): inner.element
        }
    }

    /// The tensor type; nil for a sequence or an optional.
    package var tensor: TensorType? {
        guard case .tensor(let type) = self else { return nil }
        return type
    }

    package var isTensor: Bool { tensor != nil }

    /// The same with another tensor type inside.
    package func mapElement(_ change: (TensorType) throws -> TensorType) rethrows -> ValueType {
        switch self {
        case .tensor(let type): .tensor(try change(type))
        case .sequence(let inner): .sequence(try inner.mapElement(change))
        case .optional(let inner): .optional(try inner.mapElement(change))
        }
    }

    /// Names of the symbols in its sizes.
    package var symbols: Set<String> { element.symbols }

    /// The same with symbols replaced.
    package func substituting(_ sizes: [String: Dim]) -> ValueType { mapElement { $0.substituting(sizes) } }

    /// Whether a value of type `other` may stand where this type is asked for: the same, but that a size here may be ``Dim/any``.
    package func accepts(_ other: ValueType) -> Bool {
        switch (self, other) {
        case (.tensor(let a), .tensor(let b)): a.accepts(b)
        case (.sequence(let a), .sequence(let b)), (.optional(let a), .optional(let b)): a.accepts(b)
        default: false
        }
    }
}

extension ValueType: CustomStringConvertible {
    /// `f32[n, 4]`, `seq<f32[n, ?]>`, `optional<…>`.
    package var description: String {
        switch self {
        case .tensor(let type): type.description
        case .sequence(let inner): "seq<\(inner)>"
        case .optional(let inner): "optional<\(inner)>"
        }
    }
}

extension TensorType {
    package var symbols: Set<String> { shape.reduce(into: []) { $0.formUnion($1.symbols) } }

    package func substituting(_ sizes: [String: Dim]) -> TensorType { with(shape: shape.map { $0.substituting(sizes) }) }

    func accepts(_ other: TensorType) -> Bool {
        dtype == other.dtype && quantization == other.quantization
            && (isOfAnyRank || rank == other.rank && zip(shape, other.shape).allSatisfy { $0 == $1 || $0 == .any })
    }

    /// The shape of items of a sequence that have not even one rank: `[?*?]`. Such a sequence can be passed on and taken apart by callers
    /// outside; what takes an item out of it must know its rank.
    package static let anyShape: [Dim] = [.any * .any]

    package var isOfAnyRank: Bool { shape == TensorType.anyShape }
}

extension Dim {
    /// A size that differs from one tensor of a sequence to the next; no tensor outside a sequence or optional has it.
    package static let any = Dim.symbol(anyName)

    static let anyName = "?"
}

/// What a function takes and gives, in order.
package struct Signature: Hashable, Sendable {
    package struct Item: Hashable, Sendable {
        package let name: String
        package let type: ValueType

        package init(name: String, type: ValueType) { (self.name, self.type) = (name, type) }
    }

    package let inputs: [Item]
    package let outputs: [Item]

    package init(inputs: [Item], outputs: [Item]) { (self.inputs, self.outputs) = (inputs, outputs) }

    /// Symbols that a caller's values decide.
    package var boundSymbols: Set<String> { inputs.reduce(into: []) { $0.formUnion($1.type.symbols) } }
}

extension Graph {
    package var signature: Signature {
        Signature(
            inputs: inputs.map { Signature.Item(name: inputName(of: $0) ?? "", type: valueType(of: $0)) },
            outputs: outputs.map { Signature.Item(name: $0.name, type: valueType(of: $0.value)) })
    }
}

extension Module {
    package func signature(of function: String) -> Signature? { self.function(function)?.signature }
}
