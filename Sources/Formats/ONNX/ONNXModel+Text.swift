import Files
import IR

extension ONNXType {
    /// For people: `float[batch, 3, ?]`, `sequence of …`.
    package var text: String {
        switch self {
        case .tensor(let number, let shape): DType.onnxName(number) + ONNXType.text(shape)
        case .sparse(let number, let shape): "sparse " + DType.onnxName(number) + ONNXType.text(shape)
        case .sequence(let item): "sequence of \(item.text)"
        case .optional(let item): "optional \(item.text)"
        case .map(let key, let value): "map from \(DType.onnxName(key)) to \(value.text)"
        case .unknown: "of a type that the file does not say"
        }
    }

    private static func text(_ shape: [ONNXDim]?) -> String {
        guard let shape else { return " of any shape" }
        let sizes = shape.map { dim in
            switch dim {
            case .size(let size): "\(size)"
            case .symbol(let name): name
            case .unknown: "?"
            }
        }
        return "[\(sizes.joined(separator: ", "))]"
    }
}

extension ONNXModel {
    /// Files beside the model that hold weights, as it names them.
    package var externalFiles: [String] {
        let names = graph.initializers.compactMap { tensor -> String? in
            if case .external(let location, _, _) = tensor.data { location } else { nil }
        }
        return Set(names).sorted().map { FilePath.join(FilePath.folder(of: file), $0) }
    }
}

extension ONNXTensor {
    /// Bytes that it takes as stored. Of external data that say no length, what the shape needs.
    package var storedBytes: Int {
        switch data {
        case .raw(let slice): slice.count
        case .floats(let values): values.count * 4
        case .doubles(let values): values.count * 8
        case .int32s(let values): neededBytes ?? values.count * 4
        case .int64s(let values): values.count * 8
        case .uint64s(let values): values.count * 8
        case .strings(let values): values.reduce(0) { $0 + $1.count }
        case .external(_, _, let length): length ?? neededBytes ?? 0
        }
    }

    /// nil where the element type is not known. The reader bounds the number of elements.
    private var neededBytes: Int? { Tensor.elementCount(shape).flatMap { count in DType(onnx: elementType)?.byteCount(of: count) } }
}
