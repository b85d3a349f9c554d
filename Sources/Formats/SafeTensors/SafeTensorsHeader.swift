import IR

/// The checked header of a safetensors file: 8 bytes of length (little-endian), JSON, data.
struct SafeTensorsHeader {
    /// Longest header the official reader takes, in bytes.
    static let maximumLength = 100_000_000
    static let maximumRank = 64

    struct Entry {
        let name: String
        let type: SafeTensorsType
        let shape: [Int]
        /// Bytes from the start of the data.
        let begin: Int
        let end: Int

        func fault(_ kind: CheckpointError.Kind, _ file: String, _ problem: String) -> CheckpointError {
            CheckpointError(kind, file: file, subject: name, problem)
        }
    }

    /// Whether the first bytes of a file can be a length within the limits and the start of a JSON object.
    static func recognises(_ start: [UInt8]) -> Bool {
        guard start.count > 8, start[8] == UInt8(ascii: "{") else { return false }
        return start[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) } <= UInt64(maximumLength)
    }

    let metadata: [String: String]
    /// Sorted by place.
    let entries: [Entry]
    let dataStart: Int

    init(_ file: UnsafeRawBufferPointer, path: String) throws(CheckpointError) {
        let length = try SafeTensorsHeader.length(file, path)
        dataStart = 8 + length
        let json = UnsafeRawBufferPointer(rebasing: file[8..<dataStart])
        guard case .dict(let root) = try JSONReader.parse(json, file: path) else {
            throw CheckpointError(.malformed, file: path, "the header is no JSON object")
        }
        metadata = try SafeTensorsHeader.metadata(root["__metadata__"], path)
        var entries: [Entry] = []
        entries.reserveCapacity(root.count)
        // Names that differ in bytes alone, such as "é" in two spellings, would be one key of a dictionary.
        var names: Set<String> = []
        for (name, value) in root.entries where name != "__metadata__" {
            guard names.insert(name).inserted else {
                throw CheckpointError(.duplicate, file: path, subject: name, "it is in the header twice")
            }
            entries.append(try SafeTensorsHeader.entry(name, value, path))
        }
        self.entries = entries.sorted { ($0.begin, $0.end) < ($1.begin, $1.end) }
        try SafeTensorsHeader.checkCover(self.entries, dataCount: file.count - dataStart, path)
    }

    private static func length(_ file: UnsafeRawBufferPointer, _ path: String) throws(CheckpointError) -> Int {
        if let other = CheckpointError.foreign(file, file: path, needed: "a safetensors file", accepted: [.safetensors]) { throw other }
        guard file.count >= 8 else {
            throw CheckpointError(
                .truncated, file: path, "\(file.count) bytes are too few for a safetensors file", advice: "download or copy it again")
        }
        let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(maximumLength) else {
            throw CheckpointError(
                .malformed, file: path,
                "is no safetensors file: as the length of a header, its first bytes would mean \(length), and \(maximumLength) is the limit",
                advice: "get the file anew, or give one of another format under its own suffix")
        }
        guard Int(length) <= file.count - 8 else {
            throw CheckpointError(
                .truncated, file: path,
                "the header needs \(length) bytes, the file has \(file.count - 8) after its length",
                advice: "download or copy it again")
        }
        return Int(length)
    }

    private static func metadata(_ value: ConfigValue?, _ path: String) throws(CheckpointError) -> [String: String] {
        guard let value, value != .null else { return [:] }
        guard case .dict(let dictionary) = value else {
            throw CheckpointError(.malformed, file: path, "`__metadata__` is \(value.kindName), an object is needed")
        }
        var metadata: [String: String] = [:]
        for (key, value) in dictionary.entries {
            guard case .string(let text) = value else {
                throw CheckpointError(
                    .malformed, file: path, subject: key, "metadata values must be strings, this is \(value.kindName)")
            }
            metadata[key] = text
        }
        return metadata
    }

    private static func entry(_ name: String, _ value: ConfigValue, _ path: String) throws(CheckpointError) -> Entry {
        func fault(_ problem: String, _ kind: CheckpointError.Kind = .malformed) -> CheckpointError {
            CheckpointError(kind, file: path, subject: name, problem)
        }
        guard case .dict(let fields) = value else {
            throw fault("its header entry is \(value.kindName), not an object")
        }
        guard case .string(let typeName) = fields["dtype"] else { throw fault("its `dtype` is missing or no string") }
        guard let dtype = SafeTensorsType(name: typeName) else {
            guard SafeTensorsType.unread.contains(typeName) else { throw fault("dtype \(typeName) is unknown") }
            throw CheckpointError(
                .unsupported, file: path, subject: name, "dtype \(typeName) is not read",
                advice: "in Python, convert the tensor to float16 or float32 and save the file again")
        }
        guard let shape = sizes(fields["shape"]) else {
            throw fault("its `shape` is missing or no list of integers from 0 up")
        }
        guard shape.count <= maximumRank else { throw fault("\(shape.count) dimensions are too many", .unsupported) }
        guard let offsets = sizes(fields["data_offsets"]), offsets.count == 2 else {
            throw fault("its `data_offsets` are missing or not two integers from 0 up")
        }
        guard let count = Tensor.elementCount(shape), let size = dtype.byteCount(of: count) else {
            throw fault("shape \(shape) has too many elements")
        }
        guard offsets[0] <= offsets[1] else {
            throw fault("its data end (\(offsets[1])) before they begin (\(offsets[0]))")
        }
        guard offsets[1] - offsets[0] == size else {
            throw fault(
                "\(typeName)\(shape) takes \(size) bytes, its data are \(offsets[1] - offsets[0])", .inconsistent)
        }
        return Entry(name: name, type: dtype, shape: shape, begin: offsets[0], end: offsets[1])
    }

    private static func sizes(_ value: ConfigValue?) -> [Int]? {
        guard case .list(let items) = value else { return nil }
        var sizes: [Int] = []
        sizes.reserveCapacity(items.count)
        for item in items {
            guard case .int(let size) = item, size >= 0 else { return nil }
            sizes.append(size)
        }
        return sizes
    }

    /// The data must cover everything after the header, without holes and overlaps.
    private static func checkCover(_ entries: [Entry], dataCount: Int, _ path: String) throws(CheckpointError) {
        var position = 0
        for entry in entries {
            guard entry.begin == position else {
                let what = entry.begin < position ? "overlap" : "leave a hole after"
                throw entry.fault(
                    .inconsistent, path,
                    "its data begin at \(entry.begin) and \(what) the previous data, which end at \(position)")
            }
            guard entry.end <= dataCount else {
                throw CheckpointError(
                    .truncated, file: path, subject: entry.name,
                    "its data end at \(entry.end), the file has \(dataCount) bytes of data",
                    advice: "download or copy it again")
            }
            position = entry.end
        }
        guard position == dataCount else {
            throw CheckpointError(
                .inconsistent, file: path, "\(dataCount - position) bytes follow the last tensor and belong to none")
        }
    }
}
