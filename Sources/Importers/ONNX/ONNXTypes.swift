import Formats
import IR

extension ValueType {
    /// The type that a file says; nil where it leaves the rank open or names no type that is known.
    ///
    /// - Parameter inputNamed: for sizes without a name: `NAME.0`, `NAME.1`, ….
    init?(_ type: ONNXType, inputNamed name: String) {
        switch type {
        case .tensor(let number, let shape?), .sparse(let number, let shape?):
            guard let dtype = DType(onnx: number) else { return nil }
            let dims = shape.enumerated().map { index, dim in
                switch dim {
                case .size(let size): Dim(size)
                case .symbol(let symbol): Dim.symbol(symbol)
                case .unknown: Dim.symbol("\(name).\(index)")
                }
            }
            self = .tensor(TensorType(dtype, dims))
        case .sequence(let item):
            guard let inner = ValueType(item, inputNamed: name) else { return nil }
            self = .sequence(inner.mapElement { $0.with(shape: $0.shape.map { $0.value == nil ? .any : $0 }) })
        case .optional(let item):
            guard let inner = ValueType(item, inputNamed: name) else { return nil }
            self = .optional(inner)
        default: return nil
        }
    }

    /// The type of a value that is there, with the sizes it has; nil if items of a sequence are of different ranks or element types.
    package init?(_ value: Datum, declared: ONNXType?) {
        switch value {
        case .tensor(let tensor): self = .tensor(tensor.type)
        case .sequence(let items):
            var declaredItem: ONNXType?
            if case .sequence(let item)? = declared { declaredItem = item }
            guard
                var type = items.first.flatMap({ ValueType($0, declared: declaredItem) })
                    ?? declaredItem.flatMap({ ValueType($0, inputNamed: "item") })
            else {
                // An empty sequence whose items could be anything.
                guard case .tensor(let number, _)? = declaredItem, let dtype = DType(onnx: number) else { return nil }
                self = .sequence(.tensor(TensorType(dtype, [])))
                return
            }
            for item in items.dropFirst() {
                guard let other = ValueType(item, declared: declaredItem), other.element.dtype == type.element.dtype,
                    other.element.rank == type.element.rank
                else { return nil }
                let shape = zip(type.element.shape, other.element.shape).map { $0 == $1 ? $0 : .any }
                type = type.mapElement { $0.with(shape: shape) }
            }
            self = .sequence(type)
        case .optional(let inner):
            var declaredInner: ONNXType?
            if case .optional(let item)? = declared { declaredInner = item }
            if let inner {
                guard let type = ValueType(inner, declared: declaredInner) else { return nil }
                self = .optional(type)
            } else if let declaredInner, let type = ValueType(declaredInner, inputNamed: "item") {
                self = .optional(type)
            } else if case .tensor(let number, _)? = declaredInner, let dtype = DType(onnx: number) {
                self = .optional(.tensor(TensorType(dtype, [])))
            } else if case .sequence(.tensor(let number, _))? = declaredInner, let dtype = DType(onnx: number) {
                self = .optional(.sequence(.tensor(TensorType(dtype, []))))
            } else {
                return nil
            }
        }
    }
}
