import IR

/// A file of `torch.save` in memory: its pickle, and where the data of storages lie. Reads the zip form (PyTorch 1.6
/// and later: `NAME/data.pkl`, `NAME/data/KEY`) and the older stacked form (source: torch/serialization.py).
struct TorchArchive {
    let path: String
    let pickle: Pickle
    private let bytes: ByteSlice
    private let places: [String: Range<Int>]

    /// Bytes of the largest pickle read.
    private static let maximumPickle = 1 << 28

    /// Whether the first bytes of a file are those of a zip archive or of a binary pickle.
    static func recognises(_ start: [UInt8]) -> Bool { isZip(start) || isPickle(start) }

    private static func isZip(_ start: some Collection<UInt8>) -> Bool { start.starts(with: [0x50, 0x4B, 3, 4]) }

    /// Operation PROTO with a version; a safetensors file that began so would have a header of 4 TB or more.
    private static func isPickle(_ start: some Collection<UInt8>) -> Bool {
        start.first == 0x80 && (1...5).contains(start.dropFirst().first ?? 0)
    }

    /// - Parameter verify: compares the checksum of what is read of the zip form, data of tensors excepted.
    init(_ bytes: ByteSlice, path: String, verify: Bool = true) throws(CheckpointError) {
        let start = bytes.withBytes { Array($0.prefix(4)) }
        if TorchArchive.isZip(start) {
            try self.init(zip: ZipArchive(bytes, path: path), verify: verify)
        } else if TorchArchive.isPickle(start) {
            try self.init(stacked: bytes, path: path)
        } else {
            throw CheckpointError(
                .malformed, file: path, "is no file of torch.save: it starts neither like a zip archive nor like a pickle")
        }
    }

    private init(path: String, bytes: ByteSlice, pickle: Pickle, places: [String: Range<Int>]) {
        self.path = path
        self.bytes = bytes
        self.pickle = pickle
        self.places = places
    }

    /// The stored bytes of `storage`.
    func content(of storage: TorchStorage, tensor: String) throws(CheckpointError) -> ByteSlice {
        guard let place = places[storage.key] else {
            throw CheckpointError(
                .missing, file: path, subject: tensor, "its data (storage \(storage.key.prefix(40))) are not in the file",
                advice: "download or copy it again")
        }
        guard let size = storage.dtype.byteCount(of: storage.count),
            let start = storage.dtype.byteCount(of: storage.start), start <= place.count, size <= place.count - start,
            let slice = ByteSlice(bytes.owner, offset: place.lowerBound + start, count: size)
        else {
            throw CheckpointError(
                .truncated, file: path, subject: tensor,
                "storage \(storage.key.prefix(40)) should hold \(storage.count) elements of "
                    + "\(storage.dtype.rawValue), the file has \(place.count) bytes of it")
        }
        return slice
    }
}

// MARK: Zip form

extension TorchArchive {
    private init(zip: ZipArchive, verify: Bool) throws(CheckpointError) {
        let path = zip.path
        let pickles = zip.entries.filter { $0.name == "data.pkl" || $0.name.hasSuffix("/data.pkl") }
        guard let main = pickles.first, pickles.count == 1 else {
            throw CheckpointError(
                .malformed, file: path, "is a zip archive with \(pickles.isEmpty ? "no" : "more than one") data.pkl",
                advice: "a checkpoint of torch.save has one")
        }
        let prefix = String(main.name.dropLast("data.pkl".count))
        guard !zip.entries.contains(where: { $0.name == prefix + "constants.pkl" }) else {
            throw CheckpointError(
                .unsupported, file: path, "is a TorchScript program, which holds code",
                advice: "save the state dict instead: torch.save(model.state_dict(), …)")
        }
        try TorchArchive.checkByteOrder(zip, prefix, verify: verify)
        guard main.size <= TorchArchive.maximumPickle else {
            throw CheckpointError(.unsupported, file: path, "data.pkl takes \(main.size) bytes, too many")
        }
        let content = try zip.content(of: main, verify: verify)
        let read = try content.withBytes { (bytes) throws(CheckpointError) in
            try PickleReader.read(bytes, file: path, part: "data.pkl")
        }
        var places: [String: Range<Int>] = [:]
        let data = prefix + "data/"
        for entry in zip.entries where entry.name.hasPrefix(data) {
            let key = String(entry.name.dropFirst(data.count))
            guard read.storages[key] != nil else { continue }
            let slice = try zip.storedContent(of: entry)
            places[key] = slice.offset..<slice.offset + slice.count
        }
        self.init(path: path, bytes: zip.bytes, pickle: read.pickle, places: places)
    }

    private static func checkByteOrder(_ zip: ZipArchive, _ prefix: String, verify: Bool) throws(CheckpointError) {
        guard let entry = zip.entries.first(where: { $0.name == prefix + "byteorder" }) else { return }
        let order = try zip.content(of: entry, verify: verify).withBytes { String(decoding: $0.prefix(16), as: UTF8.self) }
        guard order == "little" else {
            throw CheckpointError(
                .unsupported, file: zip.path, "was written on a machine with byte order '\(order)'; only little is read")
        }
    }
}

// MARK: Stacked form

extension TorchArchive {
    /// 0x1950a86a20f9469cfc6c, little-endian.
    private static let magic: [UInt8] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
    private static let version = 1001

    /// Pickles of the magic number, the version, facts about the machine, the object and the list of storage keys; then
    /// each storage as a count of elements (8 bytes) and its data.
    private init(stacked bytes: ByteSlice, path: String) throws(CheckpointError) {
        let (pickle, places) = try bytes.withBytes { (file) throws(CheckpointError) in
            try TorchArchive.stacked(file, offset: bytes.offset, path)
        }
        self.init(path: path, bytes: bytes, pickle: pickle, places: places)
    }

    private static func stacked(
        _ file: UnsafeRawBufferPointer, offset: Int, _ path: String
    ) throws(CheckpointError) -> (Pickle, [String: Range<Int>]) {
        let magic = try PickleReader.read(file, file: path, part: "magic number")
        guard case .wideInt(TorchArchive.magic) = magic.pickle.root else {
            throw CheckpointError(
                .unsupported, file: path, "is a pickle, but not one of torch.save",
                advice: "only checkpoints written by torch.save are read")
        }
        let version = try PickleReader.read(file, at: magic.end, file: path, part: "version")
        guard case .int(TorchArchive.version) = version.pickle.root else {
            throw CheckpointError(.unsupported, file: path, "is of a version that is not known (\(TorchArchive.version) is)")
        }
        let machine = try PickleReader.read(file, at: version.end, file: path, part: "machine")
        if case .bool(false) = machine.pickle.value("little_endian", of: machine.pickle.root) {
            throw CheckpointError(.unsupported, file: path, "was written on a big-endian machine; only little-endian is read")
        }
        let object = try PickleReader.read(file, at: machine.end, file: path, part: "object")
        let keys = try PickleReader.read(file, at: object.end, file: path, part: "storage keys")
        guard let items = keys.pickle.items(keys.pickle.root) else {
            throw CheckpointError(.malformed, file: path, "the list of storages is \(keys.pickle.kindName(keys.pickle.root))")
        }
        var places: [String: Range<Int>] = [:]
        var position = keys.end
        let reader = ByteReader(bytes: file)
        for item in items {
            guard case .string(let key) = item, let storage = object.storages[key], places[key] == nil else {
                throw CheckpointError(.inconsistent, file: path, "the list of storages does not match the object")
            }
            guard let count = reader.int(UInt64.self, at: position), count == storage.count,
                let size = storage.dtype.byteCount(of: count), reader.range(position + 8, size) != nil
            else {
                throw CheckpointError(
                    .truncated, file: path, "storage \(key.prefix(40)) of \(storage.count) elements does not fit the file",
                    advice: "download or copy it again")
            }
            places[key] = offset + position + 8..<offset + position + 8 + size
            position += 8 + size
        }
        return (object.pickle, places)
    }
}
