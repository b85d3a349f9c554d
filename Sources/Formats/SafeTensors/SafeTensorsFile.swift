import Files
import IR

/// A mapped `.safetensors` file (format: https://github.com/huggingface/safetensors): its header is checked in full
/// when it is opened, its data stay on disk until they are used.
package struct SafeTensorsFile: Sendable {
    package let path: String
    /// The header's `__metadata__`.
    package let metadata: [String: String]
    /// The tensors in the order of their data. They share the mapping; only data that are not aligned for their type
    /// are copied.
    package let tensors: [Constant]
    /// Numbers of tensors by the name of a type that was converted.
    private let converted: [String: Int]

    /// - Throws: ``CheckpointError`` naming the file and the tensor at fault.
    package init(path: String) throws(CheckpointError) {
        try self.init(MappedFile.open(path), path: path)
    }

    /// The file's content in memory; `path` is for messages.
    package init(_ bytes: Bytes, path: String) throws(CheckpointError) {
        let header = try ByteSlice(bytes).withBytes { (file) throws(CheckpointError) in
            try SafeTensorsHeader(file, path: path)
        }
        var tensors: [Constant] = []
        tensors.reserveCapacity(header.entries.count)
        for entry in header.entries {
            let start = header.dataStart + entry.begin
            guard let slice = ByteSlice(bytes, offset: start, count: entry.end - entry.begin) else {
                throw entry.fault(.truncated, path, "its data lie outside the file")
            }
            let type = TensorType(entry.type.readAs, entry.shape.map { Dim($0) })
            tensors.append(Constant(key: entry.name, type: type, bytes: entry.type.read(slice)))
        }
        self.path = path
        metadata = header.metadata
        self.tensors = tensors
        converted = Dictionary(header.entries.filter(\.type.isConverted).map { ($0.type.name, 1) }, uniquingKeysWith: +)
    }

    /// How types were read that are no types of tensors here, a line each.
    static func conversions(_ files: [SafeTensorsFile]) -> [String] {
        let counts = files.reduce(into: [:]) { $0.merge($1.converted, uniquingKeysWith: +) }
        return counts.sorted { $0.key < $1.key }.map { "\($0.value) tensors of \($0.key) are read as f16, which holds all their values" }
    }

    /// Key of `__metadata__` that makes a file a compiled model.
    package static let compiledKey = "tessera.version"

    /// Whether it is a compiled model rather than a checkpoint.
    package var isCompiled: Bool { metadata[SafeTensorsFile.compiledKey] != nil }

    /// The tensors by name.
    package var byName: [String: Constant] {
        Dictionary(tensors.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

extension DType {
    /// Names of element types in safetensors headers.
    static let safeTensorsNames: [String: DType] = [
        "BOOL": .bool, "U8": .u8, "I8": .i8, "U16": .u16, "I16": .i16, "F16": .f16, "BF16": .bf16, "U32": .u32,
        "I32": .i32, "F32": .f32, "F64": .f64, "I64": .i64, "U64": .u64,
    ]

    /// Name in safetensors headers; nil for the packed types, and for narrow floats, which are read as f16.
    package var safeTensorsName: String? { DType.safeTensorsNames.first { $0.value == self }?.key }
}

/// Element type of a tensor in a header.
enum SafeTensorsType {
    case plain(DType)
    case float8(Float8)

    init?(name: String) {
        if let dtype = DType.safeTensorsNames[name] {
            self = .plain(dtype)
        } else if let type = SafeTensorsType.float8Names[name] {
            self = .float8(type)
        } else {
            return nil
        }
    }

    private static let float8Names: [String: Float8] = [
        "F8_E4M3": .e4m3fn, "F8_E5M2": .e5m2, "F8_E4M3FNUZ": .e4m3fnuz, "F8_E5M2FNUZ": .e5m2fnuz,
    ]

    /// Types of the format that are not read here.
    static let unread: Set<String> = ["F4", "F6_E2M3", "F6_E3M2", "F8_E8M0", "C64"]

    var name: String {
        switch self {
        case .plain(let dtype): dtype.rawValue
        case .float8(let type): "float8_\(type.rawValue)"
        }
    }

    var isConverted: Bool { if case .float8 = self { true } else { false } }

    /// The type of the constants made of it.
    var readAs: DType { if case .plain(let dtype) = self { dtype } else { .f16 } }

    /// Bytes that `count` elements take in the file; nil if that overflows.
    func byteCount(of count: Int) -> Int? { if case .plain(let dtype) = self { dtype.byteCount(of: count) } else { count } }

    /// Elements of ``readAs``, aligned for it.
    func read(_ slice: ByteSlice) -> ByteSlice {
        switch self {
        case .plain(let dtype): slice.aligned(to: dtype.byteWidth)
        case .float8(let type): type.halves(slice)
        }
    }
}
