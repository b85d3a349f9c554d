import COnnx
import IR

/// Files of one value each: a serialized `TensorProto`, `SequenceProto` or `OptionalProto`, as ONNX test folders hold them.
package enum ONNXValueFile {
    /// The value in `path`, which is of `type` in the graph.
    /// - Throws: ``CheckpointError`` naming the file.
    package static func read(_ path: String, as type: ONNXType) throws(CheckpointError) -> Datum {
        let bytes = try MappedFile.openPossiblyEmpty(path)
        return try read(ByteSlice(bytes), as: type, path: path)
    }

    /// The value in memory; `path` is for messages.
    /// - Throws: ``CheckpointError`` naming the file.
    package static func read(_ bytes: ByteSlice, as type: ONNXType, path: String) throws(CheckpointError) -> Datum {
        let read = ONNXReader(bytes: bytes, file: path)
        let damaged = CheckpointError(.malformed, file: path, "is damaged, or holds another kind of value than the model takes")
        switch type {
        case .sequence:
            let skeleton = try ProtobufSkeleton.strip(bytes, .sequence, file: path)
            guard let message = onnx__sequence_proto__unpack(nil, skeleton.count, skeleton) else { throw damaged }
            defer { onnx__sequence_proto__free_unpacked(message, nil) }
            return try read.sequence(message.pointee)
        case .optional:
            let skeleton = try ProtobufSkeleton.strip(bytes, .optional, file: path)
            guard let message = onnx__optional_proto__unpack(nil, skeleton.count, skeleton) else { throw damaged }
            defer { onnx__optional_proto__free_unpacked(message, nil) }
            return try read.optional(message.pointee)
        default:
            return .tensor(try message(bytes, path).value(file: path))
        }
    }

    /// A tensor as the file says it.
    static func message(_ bytes: ByteSlice, _ path: String) throws(CheckpointError) -> ONNXTensor {
        let skeleton = try ProtobufSkeleton.strip(bytes, .tensor, file: path)
        guard let message = onnx__tensor_proto__unpack(nil, skeleton.count, skeleton) else {
            throw CheckpointError(.malformed, file: path, "is damaged, or holds another kind of value than a tensor")
        }
        defer { onnx__tensor_proto__free_unpacked(message, nil) }
        return try ONNXReader(bytes: bytes, file: path).tensor(message.pointee, "tensor")
    }

    /// `value` as such a message.
    package static func bytes(_ value: Datum, named name: String) -> [UInt8] { ONNXWriter.message(value, named: name).bytes }
}

extension MappedFile {
    /// An empty message has no bytes: an empty sequence or optional.
    static func openPossiblyEmpty(_ path: String) throws(CheckpointError) -> Bytes {
        do { return try open(path) } catch {
            if error.problem == "is empty" { return Bytes(zeroed: 0) }
            throw error
        }
    }
}

extension ONNXReader {
    func sequence(_ item: Onnx__SequenceProto) throws(CheckpointError) -> Datum {
        let tensors = try map(item.tensor_values, item.n_tensor_values) { (value, index) throws(CheckpointError) in
            Datum.tensor(try tensor(value, "tensor_values[\(index)]").value(file: file))
        }
        let sequences = try map(item.sequence_values, item.n_sequence_values) { (value, _) throws(CheckpointError) in try sequence(value) }
        let optionals = try map(item.optional_values, item.n_optional_values) { (value, _) throws(CheckpointError) in try optional(value) }
        return .sequence(tensors + sequences + optionals)
    }

    func optional(_ item: Onnx__OptionalProto) throws(CheckpointError) -> Datum {
        if let value = item.tensor_value { return .optional(.tensor(try tensor(value.pointee, "tensor_value").value(file: file))) }
        if let value = item.sequence_value { return .optional(try sequence(value.pointee)) }
        if let value = item.optional_value { return .optional(try optional(value.pointee)) }
        return .optional(nil)
    }
}
