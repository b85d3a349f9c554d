import IR

extension ONNXWriter {
    static func message(_ tensor: ONNXTensor) -> ProtobufMessage {
        var message = ProtobufMessage()
        for size in tensor.shape { message.add(1, size) }
        message.add(2, tensor.elementType)
        switch tensor.data {
        case .raw(let slice): message.add(9, slice)
        case .floats(let values): message.add(4, packed: values.map(\.bitPattern))
        case .doubles(let values): message.add(10, packed: values.map(\.bitPattern))
        case .int32s(let values): message.add(5, packedVarints: values.map { UInt64(bitPattern: Int64($0)) })
        case .int64s(let values): message.add(7, packedVarints: values.map { UInt64(bitPattern: Int64($0)) })
        case .uint64s(let values): message.add(11, packedVarints: values.map { UInt64($0) })
        case .strings(let values): for value in values { message.add(6, value) }
        case .external(let location, let offset, let length): addExternal(location, offset, length, to: &message)
        }
        message.add(8, unlessEmpty: tensor.name)
        return message
    }

    private static func addExternal(_ location: String, _ offset: Int, _ length: Int?, to message: inout ProtobufMessage) {
        var entries = [("location", location), ("offset", "\(offset)")]
        if let length { entries.append(("length", "\(length)")) }
        for (key, value) in entries {
            var entry = ProtobufMessage()
            entry.add(1, key)
            entry.add(2, value)
            message.add(13, entry)
        }
        message.add(14, 1)
    }

    static func message(_ tensor: ONNXSparseTensor) -> ProtobufMessage {
        var message = ProtobufMessage()
        message.add(1, self.message(tensor.values))
        message.add(2, self.message(tensor.indices))
        for size in tensor.shape { message.add(3, size) }
        return message
    }

    /// `value` as a message of its own: `TensorProto`, `SequenceProto` or `OptionalProto`.
    static func message(_ value: Datum, named name: String) -> ProtobufMessage {
        switch value {
        case .tensor(let tensor): return message(ONNXTensor(tensor, named: name))
        case .sequence(let items):
            var message = ProtobufMessage()
            message.add(1, unlessEmpty: name)
            message.add(2, items.first.map(kind) ?? 1)
            for item in items { message.add(field(of: item), self.message(item, named: "")) }
            return message
        case .optional(let inner):
            var message = ProtobufMessage()
            message.add(1, unlessEmpty: name)
            guard let inner else { return message }
            message.add(2, kind(inner))
            message.add(field(of: inner), self.message(inner, named: ""))
            return message
        }
    }

    /// Kinds of elements: tensors 1, sequences 3, optionals 5 (`SequenceProto.DataType`).
    private static func kind(_ value: Datum) -> Int {
        switch value {
        case .tensor: 1
        case .sequence: 3
        case .optional: 5
        }
    }

    /// The field of a sequence or an optional that holds such a value.
    private static func field(of value: Datum) -> Int { kind(value) + 2 }
}
