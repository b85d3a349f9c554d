/// Protobuf messages written by hand, for files of formats that use them. Knows nothing of what reads them.
public struct ProtobufBytes: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public mutating func varint(_ value: UInt64) {
        var value = value
        while value >= 0x80 {
            bytes.append(UInt8(value & 0x7F) | 0x80)
            value >>= 7
        }
        bytes.append(UInt8(value))
    }

    /// A number.
    public func int(_ field: Int, _ value: Int) -> ProtobufBytes {
        var made = self
        made.varint(UInt64(field) << 3)
        made.varint(UInt64(bitPattern: Int64(value)))
        return made
    }

    /// Bytes, a text or a message.
    public func data(_ field: Int, _ content: some Collection<UInt8>) -> ProtobufBytes {
        var made = self
        made.varint(UInt64(field) << 3 | 2)
        made.varint(UInt64(content.count))
        made.bytes += content
        return made
    }

    public func text(_ field: Int, _ text: String) -> ProtobufBytes { data(field, Array(text.utf8)) }

    public func message(_ field: Int, _ part: ProtobufBytes) -> ProtobufBytes { data(field, part.bytes) }

    public func float(_ field: Int, _ value: Float) -> ProtobufBytes {
        var made = self
        made.varint(UInt64(field) << 3 | 5)
        withUnsafeBytes(of: value.bitPattern.littleEndian) { made.bytes += $0 }
        return made
    }
}

/// Small ONNX models, message by message (field numbers: `onnx.proto`).
public enum ONNXBytes {
    /// `ModelProto`
    public static func model(_ graph: ProtobufBytes, opset: Int = 17, irVersion: Int = 8, domains: [String: Int] = [:]) -> [UInt8] {
        var made = ProtobufBytes().int(1, irVersion).text(2, "test").message(7, graph)
        made = made.message(8, ProtobufBytes().int(2, opset))
        for (domain, version) in domains.sorted(by: { $0.key < $1.key }) {
            made = made.message(8, ProtobufBytes().text(1, domain).int(2, version))
        }
        return made.bytes
    }

    /// `GraphProto`
    public static func graph(
        _ nodes: [ProtobufBytes], inputs: [ProtobufBytes] = [], outputs: [ProtobufBytes] = [], initializers: [ProtobufBytes] = []
    ) -> ProtobufBytes {
        var made = ProtobufBytes().text(2, "g")
        for node in nodes { made = made.message(1, node) }
        for tensor in initializers { made = made.message(5, tensor) }
        for input in inputs { made = made.message(11, input) }
        for output in outputs { made = made.message(12, output) }
        return made
    }

    /// `NodeProto`
    public static func node(
        _ op: String, _ inputs: [String], _ outputs: [String], domain: String = "", name: String = "", _ attributes: [ProtobufBytes] = []
    ) -> ProtobufBytes {
        var made = ProtobufBytes()
        for input in inputs { made = made.text(1, input) }
        for output in outputs { made = made.text(2, output) }
        if !name.isEmpty { made = made.text(3, name) }
        made = made.text(4, op)
        if !domain.isEmpty { made = made.text(7, domain) }
        for attribute in attributes { made = made.message(5, attribute) }
        return made
    }

    /// `AttributeProto`
    public static func attribute(_ name: String, _ value: Int) -> ProtobufBytes { ProtobufBytes().text(1, name).int(3, value).int(20, 2) }

    public static func attribute(_ name: String, _ values: [Int]) -> ProtobufBytes {
        values.reduce(ProtobufBytes().text(1, name)) { $0.int(8, $1) }.int(20, 7)
    }

    public static func attribute(_ name: String, tensor: ProtobufBytes) -> ProtobufBytes {
        ProtobufBytes().text(1, name).message(5, tensor).int(20, 4)
    }

    public static func attribute(_ name: String, graph: ProtobufBytes) -> ProtobufBytes {
        ProtobufBytes().text(1, name).message(6, graph).int(20, 5)
    }

    /// `ValueInfoProto` of a tensor: sizes are numbers or names, "" for one that the file does not say. nil: of any shape.
    public static func value(_ name: String, _ type: Int, _ shape: [String]?) -> ProtobufBytes {
        var tensor = ProtobufBytes().int(1, type)
        if let shape {
            let dims = shape.reduce(ProtobufBytes()) { made, size in
                let dim = Int(size).map { ProtobufBytes().int(1, $0) } ?? (size.isEmpty ? ProtobufBytes() : ProtobufBytes().text(2, size))
                return made.message(1, dim)
            }
            tensor = tensor.message(2, dims)
        }
        return ProtobufBytes().text(1, name).message(2, ProtobufBytes().message(1, tensor))
    }

    /// `TensorProto` with its bytes in `raw_data`.
    public static func tensor(_ name: String, _ type: Int, _ shape: [Int], raw: [UInt8]) -> ProtobufBytes {
        shape.reduce(ProtobufBytes()) { $0.int(1, $1) }.int(2, type).text(8, name).data(9, raw)
    }

    public static func floats(_ name: String, _ values: [Float], _ shape: [Int]) -> ProtobufBytes {
        tensor(name, 1, shape, raw: values.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) })
    }

    public static func integers(_ name: String, _ values: [Int], _ shape: [Int]) -> ProtobufBytes {
        tensor(name, 7, shape, raw: values.flatMap { withUnsafeBytes(of: Int64($0).littleEndian, Array.init) })
    }
}
