import Formats
import IR

extension ONNXType {
    /// - Parameter named: whether sizes that are no numbers get their names. In bodies they do not: names there would be those of the model.
    init(_ type: ValueType, named: Bool) {
        switch type {
        case .tensor(let tensor): self = .tensor(tensor.dtype.onnxNumber, tensor.shape.map { ONNXDim($0, named: named) })
        case .sequence(let item): self = .sequence(ONNXType(item, named: named))
        case .optional(let item): self = .optional(ONNXType(item, named: named))
        }
    }
}

extension ONNXDim {
    /// A size that is an expression of symbols goes by its text.
    init(_ dim: Dim, named: Bool) {
        if let size = dim.value {
            self = .size(size)
        } else if dim == .any || !named {
            self = .unknown
        } else {
            self = .symbol(dim.soleSymbol ?? dim.description)
        }
    }
}

extension Dim {
    /// The symbol that this size is, if it is one.
    var soleSymbol: String? {
        guard constant == 0, terms.count == 1, terms[0].coefficient == 1, terms[0].factors.count == 1,
            case .symbol(let name) = terms[0].factors[0]
        else { return nil }
        return name
    }

    /// a and s of a size `a·s + constant` with one symbol s.
    var linear: (factor: Int, symbol: String)? {
        guard terms.count == 1, terms[0].factors.count == 1, case .symbol(let name) = terms[0].factors[0] else { return nil }
        return (terms[0].coefficient, name)
    }
}

extension DType {
    /// The operator set from which on tensors may have this element type; nil if ONNX has no such type.
    var onnxOpset: Int? {
        switch onnxNumber {
        case 0: nil
        case 17...20: 19
        case 21, 22: 21
        case 23: 23
        case 24: 24
        case 25, 26: 25
        default: 1
        }
    }
}

extension ONNXAttribute {
    static func int(_ name: String, _ value: Int) -> ONNXAttribute { ONNXAttribute(name: name, value: .int(value)) }

    static func flag(_ name: String, _ value: Bool) -> ONNXAttribute { .int(name, value ? 1 : 0) }

    static func ints(_ name: String, _ values: [Int]) -> ONNXAttribute { ONNXAttribute(name: name, value: .ints(values)) }

    static func float(_ name: String, _ value: Double) -> ONNXAttribute { ONNXAttribute(name: name, value: .float(Float(value))) }

    static func text(_ name: String, _ value: String) -> ONNXAttribute { ONNXAttribute(name: name, value: .string(Array(value.utf8))) }

    static func texts(_ name: String, _ values: [String]) -> ONNXAttribute {
        ONNXAttribute(name: name, value: .strings(values.map { Array($0.utf8) }))
    }

    static func tensor(_ name: String, _ value: Tensor) -> ONNXAttribute {
        ONNXAttribute(name: name, value: .tensor(ONNXTensor(value, named: "")))
    }

    static func graph(_ name: String, _ value: ONNXGraph) -> ONNXAttribute { ONNXAttribute(name: name, value: .graph(value)) }

    static func type(_ name: String, _ value: ONNXType) -> ONNXAttribute { ONNXAttribute(name: name, value: .type(value)) }
}
