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
            let skeleton = try ProtobufSkeleton.strip(bytes, .tensor, file: path)
            guard let message = onnx__tensor_proto__unpack(nil, skeleton.count, skeleton) else { throw damaged }
            defer { onnx__tensor_proto__free_unpacked(message, nil) }
            return .tensor(try read.tensor(message.pointee, "tensor").value(file: path))
        }
    }

    /// `value` as such a message.
    package static func bytes(_ value: Datum, named name: String) -> [UInt8] {
        switch value {
        case .tensor(let tensor): ProtobufWriter.tensor(tensor, named: name)
        case .sequence(let items): ProtobufWriter.sequence(items, named: name)
        case .optional(let value): ProtobufWriter.optional(value, named: name)
        }
    }
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

/// Writes the few messages that values are made of, straight into bytes.
enum ProtobufWriter {
    static func tensor(_ tensor: Tensor, named name: String) -> [UInt8] {
        var message = Message()
        for size in tensor.shape { message.add(1, UInt64(bitPattern: Int64(size))) }
        message.add(2, UInt64(tensor.dtype.onnxNumber))
        if tensor.dtype == .string {
            for text in tensor.strings { message.add(6, Array(text.utf8)) }
        } else {
            message.add(9, Array(tensor.bytes.buffer))
        }
        if !name.isEmpty { message.add(8, Array(name.utf8)) }
        return message.bytes
    }

    /// Kinds of elements: tensors 1, sequences 3, optionals 5 (`SequenceProto.DataType`).
    static func sequence(_ items: [Datum], named name: String) -> [UInt8] {
        var message = Message()
        if !name.isEmpty { message.add(1, Array(name.utf8)) }
        message.add(2, items.first.map(kind) ?? 1)
        for item in items { message.add(field(of: item), ONNXValueFile.bytes(item, named: "")) }
        return message.bytes
    }

    static func optional(_ value: Datum?, named name: String) -> [UInt8] {
        var message = Message()
        if !name.isEmpty { message.add(1, Array(name.utf8)) }
        guard let value else { return message.bytes }
        message.add(2, kind(value))
        message.add(field(of: value), ONNXValueFile.bytes(value, named: ""))
        return message.bytes
    }

    private static func kind(_ value: Datum) -> UInt64 {
        switch value {
        case .tensor: 1
        case .sequence: 3
        case .optional: 5
        }
    }

    /// The field of a sequence or an optional that holds such a value.
    private static func field(of value: Datum) -> Int {
        switch value {
        case .tensor: 3
        case .sequence: 5
        case .optional: 7
        }
    }

    /// A message under construction.
    struct Message {
        private(set) var bytes: [UInt8] = []

        mutating func add(_ field: Int, _ value: UInt64) {
            varint(UInt64(field) << 3)
            varint(value)
        }

        mutating func add(_ field: Int, _ content: [UInt8]) {
            varint(UInt64(field) << 3 | 2)
            varint(UInt64(content.count))
            bytes += content
        }

        private mutating func varint(_ value: UInt64) {
            var value = value
            while value >= 0x80 {
                bytes.append(UInt8(value & 0x7F) | 0x80)
                value >>= 7
            }
            bytes.append(UInt8(value))
        }
    }
}
