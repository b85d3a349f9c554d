import IR

/// A protobuf message without its large parts.
///
/// protobuf-c copies what it unpacks, and bounds neither nesting nor the number of messages. So a walk over the wire format
/// (protobuf.dev/programming-guides/encoding) goes first: it checks every length, bounds depth and count, drops fields that nobody reads,
/// and puts in the place of `raw_data` where it lies in the file. What it gives is small, and sound.
struct ProtobufSkeleton {
    /// What a message is, as far as its parts matter.
    enum Message: String {
        case model, graph, node, attribute, tensor, sparse, valueInfo, type, tensorType, typeHolder, shape, leaf, function, annotation
        case sequence, optional, map
    }

    /// Fields that hold messages, with a name for messages about them.
    private static let parts: [Message: [Int: (String, Message)]] = [
        .model: [7: ("graph", .graph), 8: ("opset_import", .leaf), 14: ("metadata_props", .leaf), 25: ("functions", .function)],
        .graph: [
            1: ("node", .node), 5: ("initializer", .tensor), 11: ("input", .valueInfo), 12: ("output", .valueInfo),
            13: ("value_info", .valueInfo), 14: ("quantization_annotation", .annotation), 15: ("sparse_initializer", .sparse),
            16: ("metadata_props", .leaf),
        ],
        .node: [5: ("attribute", .attribute), 9: ("metadata_props", .leaf)],
        .annotation: [2: ("quant_parameter_tensor_names", .leaf)],
        .attribute: [
            5: ("t", .tensor), 6: ("g", .graph), 10: ("tensors", .tensor), 11: ("graphs", .graph), 14: ("tp", .type),
            15: ("type_protos", .type), 22: ("sparse_tensor", .sparse), 23: ("sparse_tensors", .sparse),
        ],
        .tensor: [13: ("external_data", .leaf)],
        .sparse: [1: ("values", .tensor), 2: ("indices", .tensor)],
        .valueInfo: [2: ("type", .type), 4: ("metadata_props", .leaf)],
        .type: [
            1: ("tensor_type", .tensorType), 4: ("sequence_type", .typeHolder), 5: ("map_type", .typeHolder),
            8: ("sparse_tensor_type", .tensorType), 9: ("optional_type", .typeHolder),
        ],
        .tensorType: [2: ("shape", .shape)],
        // The element type of a sequence or an optional is field 1; of a map, field 2 is, and field 1 a number.
        .typeHolder: [1: ("elem_type", .type), 2: ("value_type", .type)],
        .shape: [1: ("dim", .leaf)],
        .function: [
            7: ("node", .node), 9: ("opset_import", .leaf), 11: ("attribute_proto", .attribute), 12: ("value_info", .valueInfo),
            14: ("metadata_props", .leaf),
        ],
        .sequence: [
            3: ("tensor_values", .tensor), 4: ("sparse_tensor_values", .sparse), 5: ("sequence_values", .sequence), 6: ("map_values", .map),
            7: ("optional_values", .optional),
        ],
        .map: [5: ("values", .sequence)],
        .optional: [
            3: ("tensor_value", .tensor), 4: ("sparse_tensor_value", .sparse), 5: ("sequence_value", .sequence), 6: ("map_value", .map),
            7: ("optional_value", .optional),
        ],
    ]

    /// Names of fields that may be there once.
    private static let single: Set<String> = [
        "graph", "t", "g", "tp", "sparse_tensor", "values", "indices", "type", "tensor_type", "sequence_type", "map_type",
        "sparse_tensor_type", "optional_type", "shape", "elem_type", "value_type", "tensor_value", "sparse_tensor_value", "sequence_value",
        "map_value", "optional_value",
    ]

    /// Fields whose content nobody reads: documentation of attributes, documentation and metadata of tensors, devices, training.
    private static let unread: [Message: Set<Int>] = [.model: [20, 26], .node: [10], .attribute: [13], .tensor: [3, 12, 16]]

    private static let rawData = 9
    private static let mappedOffset = 100_001
    private static let mappedLength = 100_002
    private static let deepest = 64
    private static let mostMessages = 8_000_000

    private let bytes: ByteSlice
    private let file: String
    private var messages = 0
    /// Where the walk is: `graph.node[12].attribute[0]`.
    private var path: [String] = []

    /// The message of `bytes`, a `kind`.
    /// - Throws: ``CheckpointError`` naming the field.
    static func strip(_ bytes: ByteSlice, _ kind: Message, file: String) throws(CheckpointError) -> [UInt8] {
        var walk = ProtobufSkeleton(bytes: bytes, file: file)
        return try bytes.withBytes { (buffer) throws(CheckpointError) in try walk.message(buffer, 0..<buffer.count, kind) }
    }

    /// The fields of the message in `bytes`, in their order, without a look into them.
    /// - Throws: ``CheckpointError`` for bytes that are no message.
    static func fields(_ bytes: ByteSlice, file: String) throws(CheckpointError) -> [Field] {
        let walk = ProtobufSkeleton(bytes: bytes, file: file)
        return try bytes.withBytes { (buffer) throws(CheckpointError) in
            var (position, found): (Int, [Field]) = (0, [])
            while position < buffer.count {
                let tag = try walk.varint(buffer, &position, buffer.count)
                guard tag >> 3 > 0, tag >> 3 < 1 << 29 else {
                    throw walk.fault(.malformed, "the bytes at \(position) are no field of a message")
                }
                let content = try walk.extent(buffer, &position, buffer.count, Int(tag & 7))
                var start = content.lowerBound
                let number = tag & 7 == 0 ? try walk.varint(buffer, &start, buffer.count) : nil
                found.append(Field(number: Int(tag >> 3), isMessage: tag & 7 == 2, value: number))
            }
            return found
        }
    }

    /// A field of a message.
    struct Field {
        let number: Int
        /// Whether it holds bytes: a message, a text or packed numbers.
        let isMessage: Bool
        /// Of a plain number.
        let value: UInt64?
    }

    private init(bytes: ByteSlice, file: String) { (self.bytes, self.file) = (bytes, file) }

    private func fault(_ kind: CheckpointError.Kind, _ problem: String) -> CheckpointError {
        CheckpointError(kind, file: file, subject: path.isEmpty ? nil : path.joined(separator: "."), problem)
    }

    private mutating func message(
        _ buffer: UnsafeRawBufferPointer, _ range: Range<Int>, _ kind: Message
    ) throws(CheckpointError) -> [UInt8] {
        messages += 1
        guard messages <= Self.mostMessages else { throw fault(.unsupported, "the file holds more than \(Self.mostMessages) messages") }
        guard path.count < Self.deepest else { throw fault(.unsupported, "messages are nested more than \(Self.deepest) deep") }
        let (parts, unread) = (Self.parts[kind] ?? [:], Self.unread[kind] ?? [])
        var result: [UInt8] = []
        var counts: [Int: Int] = [:]
        var position = range.lowerBound
        while position < range.upperBound {
            let start = position
            let tag = try varint(buffer, &position, range.upperBound)
            guard tag >> 3 > 0, tag >> 3 < 1 << 29 else { throw fault(.malformed, "the bytes at \(start) are no field of a message") }
            let (field, wire) = (Int(tag >> 3), Int(tag & 7))
            let content = try extent(buffer, &position, range.upperBound, wire)
            if unread.contains(field) || field >= Self.mappedOffset { continue }
            if wire == 2, kind == .tensor, field == Self.rawData {
                ProtobufSkeleton.append(Self.mappedOffset, UInt64(content.lowerBound), to: &result)
                ProtobufSkeleton.append(Self.mappedLength, UInt64(content.count), to: &result)
            } else if wire == 2, let (name, part) = parts[field] {
                path.append(Self.single.contains(name) ? name : "\(name)[\(counts[field, default: 0])]")
                counts[field, default: 0] += 1
                let inner = try message(buffer, content, part)
                path.removeLast()
                ProtobufSkeleton.append(varint: UInt64(field) << 3 | 2, to: &result)
                ProtobufSkeleton.append(varint: UInt64(inner.count), to: &result)
                result += inner
            } else {
                result += buffer[start..<position]
            }
        }
        return result
    }

    /// The content of a field; `position` goes behind it.
    private func extent(
        _ buffer: UnsafeRawBufferPointer, _ position: inout Int, _ end: Int, _ wire: Int
    ) throws(CheckpointError) -> Range<Int> {
        let start = position
        switch wire {
        case 0: _ = try varint(buffer, &position, end)
        case 1: position += 8
        case 5: position += 4
        case 2:
            let length = try varint(buffer, &position, end)
            guard length <= UInt64(end - position) else {
                throw fault(.truncated, "a field at byte \(start) says it has \(length) bytes, but \(end - position) are left")
            }
            let begin = position
            position += Int(length)
            return begin..<position
        default: throw fault(.malformed, "the bytes at \(start) are no field of a message")
        }
        guard position <= end else { throw fault(.truncated, "the message ends in the middle of a field at byte \(start)") }
        return start..<position
    }

    private func varint(_ buffer: UnsafeRawBufferPointer, _ position: inout Int, _ end: Int) throws(CheckpointError) -> UInt64 {
        var (value, shift): (UInt64, UInt64) = (0, 0)
        while position < end, shift < 64 {
            let byte = buffer[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        throw fault(.malformed, "a number at byte \(position) does not end")
    }

    private static func append(varint value: UInt64, to bytes: inout [UInt8]) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(value & 0x7F) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }

    private static func append(_ field: Int, _ value: UInt64, to bytes: inout [UInt8]) {
        append(varint: UInt64(field) << 3, to: &bytes)
        append(varint: value, to: &bytes)
    }
}
