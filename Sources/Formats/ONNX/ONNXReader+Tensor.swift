import COnnx
import IR

extension ONNXReader {
    func tensor(_ item: Onnx__TensorProto, _ place: String) throws(CheckpointError) -> ONNXTensor {
        let name = text(item.name)
        let place = name.isEmpty ? place : name
        let shape = array(item.dims, item.n_dims).map { Int($0) }
        guard shape.count <= 64, let count = Tensor.elementCount(shape), count <= 1 << 48 else {
            throw fault(place, "cannot have the shape \(shape.prefix(64))")
        }
        return ONNXTensor(name: name, shape: shape, elementType: Int(item.data_type), data: try content(item, place))
    }

    private func content(_ item: Onnx__TensorProto, _ place: String) throws(CheckpointError) -> ONNXTensor.Data {
        if item.data_location == 1 { return try external(item, place) }
        if item.has_mapped_offset != 0 {
            // The walk wrote both, within the file.
            guard
                let slice = ByteSlice(
                    bytes.owner, offset: bytes.offset + Int(item.mapped_offset), count: Int(item.mapped_length))
            else { throw fault(place, "its data lie outside the file") }
            return .raw(slice)
        }
        if item.n_float_data > 0 { return .floats(array(item.float_data, item.n_float_data)) }
        if item.n_int32_data > 0 { return .int32s(array(item.int32_data, item.n_int32_data)) }
        if item.n_int64_data > 0 { return .int64s(array(item.int64_data, item.n_int64_data).map { Int($0) }) }
        if item.n_double_data > 0 { return .doubles(array(item.double_data, item.n_double_data)) }
        if item.n_uint64_data > 0 { return .uint64s(array(item.uint64_data, item.n_uint64_data).map { UInt($0) }) }
        return .strings(array(item.string_data, item.n_string_data).map(data))
    }

    private func external(_ item: Onnx__TensorProto, _ place: String) throws(CheckpointError) -> ONNXTensor.Data {
        var entries: [String: String] = [:]
        for (key, value) in try map(
            item.external_data, item.n_external_data,
            { (entry, _) throws(CheckpointError) in (text(entry.key), text(entry.value)) })
        { entries[key] = value }
        guard let location = entries["location"], !location.isEmpty else { throw fault(place, "says no file for its external data") }
        func number(_ key: String) throws(CheckpointError) -> Int? {
            guard let text = entries[key] else { return nil }
            guard let value = Int(text), value >= 0 else {
                throw fault(place, "the \(key) of its external data, '\(text.prefix(40))', is no number")
            }
            return value
        }
        return .external(location: location, offset: try number("offset") ?? 0, length: try number("length"))
    }

    func sparse(_ item: Onnx__SparseTensorProto, _ place: String) throws(CheckpointError) -> ONNXSparseTensor {
        guard let values = item.values, let indices = item.indices else { throw fault(place, "a sparse tensor lacks values or indices") }
        return ONNXSparseTensor(
            values: try tensor(values.pointee, "\(place).values"), indices: try tensor(indices.pointee, "\(place).indices"),
            shape: array(item.dims, item.n_dims).map { Int($0) })
    }
}
