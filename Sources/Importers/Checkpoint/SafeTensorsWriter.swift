import IR

/// Writes `.safetensors` files, atomically.
public enum SafeTensorsWriter {
    /// Data start at a multiple of this many bytes: a cache line and the widest vector.
    static let dataAlignment = 64

    /// Writes `tensors`, the widest element types first and then by name, so that each is aligned for its type.
    /// - Throws: ``CheckpointError`` for a tensor without bytes, with a symbolic shape, of a 4-bit type or named twice.
    public static func write(
        _ tensors: [Constant], metadata: [String: String] = [:], to path: String
    ) throws(CheckpointError) {
        let sorted = tensors.sorted {
            ($1.type.dtype.byteWidth, $0.key) < ($0.type.dtype.byteWidth, $1.key)
        }
        let header = try header(sorted, metadata, path)
        try AtomicFile.write(to: path) { (file) throws(CheckpointError) in
            try file.append(header)
            for tensor in sorted {
                if let bytes = tensor.bytes { try file.append(bytes) }
            }
        }
    }

    public static func write(
        _ tensors: [String: Tensor], metadata: [String: String] = [:], to path: String
    ) throws(CheckpointError) {
        try write(tensors.map { Constant(key: $0.key, $0.value) }, metadata: metadata, to: path)
    }

    private static func header(
        _ tensors: [Constant], _ metadata: [String: String], _ path: String
    ) throws(CheckpointError) -> [UInt8] {
        var fields: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }
                .map { "\(JSONText.quoted($0.key)):\(JSONText.quoted($0.value))" }
            fields.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var position = 0
        var names: Set<String> = ["__metadata__"]
        for tensor in tensors {
            guard names.insert(tensor.key).inserted else {
                throw CheckpointError(.duplicate, file: path, subject: tensor.key, "the name is taken")
            }
            let end = position + (tensor.bytes?.count ?? 0)
            fields.append(try field(tensor, position, end, path))
            position = end
        }
        var json = Array("{\(fields.joined(separator: ","))}".utf8)
        let padding = (dataAlignment - (8 + json.count) % dataAlignment) % dataAlignment
        json.append(contentsOf: repeatElement(UInt8(ascii: " "), count: padding))
        guard json.count <= SafeTensorsHeader.maximumLength else {
            throw CheckpointError(.unwritable, file: path, "the header would take \(json.count) bytes, too many")
        }
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
    }

    private static func field(
        _ tensor: Constant, _ begin: Int, _ end: Int, _ path: String
    ) throws(CheckpointError) -> String {
        guard let dtype = tensor.type.dtype.safeTensorsName else {
            throw CheckpointError(
                .unsupported, file: path, subject: tensor.key,
                "safetensors has no type \(tensor.type.dtype.rawValue)", advice: "store it as u8")
        }
        guard let value = tensor.tensor else {
            throw CheckpointError(
                .missing, file: path, subject: tensor.key, "it has no data, or not those of its type \(tensor.type)")
        }
        let shape = value.shape.map(String.init).joined(separator: ",")
        return "\(JSONText.quoted(tensor.key)):{\"dtype\":\"\(dtype)\",\"shape\":[\(shape)],"
            + "\"data_offsets\":[\(begin),\(end)]}"
    }
}
