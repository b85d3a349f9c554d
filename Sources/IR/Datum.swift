/// A value at run time: what a ``ValueType`` is the type of.
package indirect enum Datum: Sendable, Equatable {
    case tensor(Tensor)
    case sequence([Datum])
    case optional(Datum?)

    package var tensor: Tensor? {
        guard case .tensor(let tensor) = self else { return nil }
        return tensor
    }

    /// For messages: `f32[2, 3]`, `a sequence of 4`.
    package var kind: String {
        switch self {
        case .tensor(let tensor): tensor.type.description
        case .sequence(let items): "a sequence of \(items.count)"
        case .optional(let value): value.map { "an optional \($0.kind)" } ?? "an empty optional"
        }
    }
}

extension ValueType {
    /// Checks that `datum` fits this type and binds the type's symbols to its sizes.
    /// - Throws: ``BindingError`` naming the value and both types.
    package func bind(_ datum: Datum, named name: String, in binding: inout Binding) throws {
        switch (self, datum) {
        case (.tensor(let type), .tensor(let tensor)): try type.bind(tensor, named: name, in: &binding)
        case (.sequence(let inner), .sequence(let items)):
            for (index, item) in items.enumerated() { try inner.bind(item, named: "\(name)[\(index)]", in: &binding) }
        case (.optional(let inner), .optional(let value)):
            if let value { try inner.bind(value, named: name, in: &binding) }
        default: throw BindingError("'\(name)' must be \(self), not \(datum.kind)")
        }
    }
}
