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
            let type = TensorType(entry.dtype, entry.shape.map { Dim($0) })
            tensors.append(Constant(key: entry.name, type: type, bytes: slice.aligned(to: entry.dtype.byteWidth)))
        }
        self.path = path
        metadata = header.metadata
        self.tensors = tensors
    }

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

    /// Types of the format that are not read here.
    static let unreadSafeTensorsNames: Set<String> = [
        "F4", "F6_E2M3", "F6_E3M2", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ", "C64",
    ]

    /// Name in safetensors headers; nil for the packed 4-bit types.
    var safeTensorsName: String? { DType.safeTensorsNames.first { $0.value == self }?.key }
}
