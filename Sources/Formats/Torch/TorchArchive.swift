import IR

/// A file of `torch.save` in memory: its pickle, and where the data of storages lie. Reads the zip form (PyTorch 1.6
/// and later: `NAME/data.pkl`, `NAME/data/KEY`) and the older stacked form (source: torch/serialization.py).
struct TorchArchive {
    static let cutOff = "the download or copy was cut off; download or copy it again"

    let path: String
    let pickle: Pickle
    /// Content of storages by key.
    private let contents: [String: Content]

    private enum Content {
        case bytes(ByteSlice)
        case packed(ZipArchive, ZipArchive.Entry, verify: Bool)
    }

    /// Bytes of the largest pickle read.
    private static let maximumPickle = 1 << 28

    /// Whether the first bytes of a file, 16 or more, are those of a zip archive or of a binary pickle.
    static func recognises(_ start: [UInt8]) -> Bool { !SafeTensorsHeader.recognises(start) && (isZip(start) || isPickle(start)) }

    private static func isZip(_ start: some Collection<UInt8>) -> Bool { start.starts(with: [0x50, 0x4B, 3, 4]) }

    /// Operation PROTO with a version. The length of a safetensors header may begin so, such as 384 (80 01); what follows it tells.
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

    private init(path: String, pickle: Pickle, contents: [String: Content]) {
        self.path = path
        self.pickle = pickle
        self.contents = contents
    }

    /// The bytes of `storage`; compressed ones are unpacked, into `unpacked`, once.
    func content(of storage: TorchStorage, tensor: String, _ unpacked: inout [String: ByteSlice]) throws(CheckpointError) -> ByteSlice {
        let whole: ByteSlice
        switch contents[storage.key] {
        case nil: throw CheckpointError(.missing, file: path, subject: tensor, "its data are not in the file", advice: TorchArchive.cutOff)
        case .bytes(let slice): whole = slice
        case .packed(let zip, let entry, let verify):
            if let known = unpacked[storage.key] {
                whole = known
            } else {
                let sum = unpacked.values.reduce(entry.size) { $0 &+ $1.count }
                guard sum >= 0, sum <= TorchArchive.maximumUnpacked else {
                    throw CheckpointError(
                        .unsupported, file: path, subject: tensor,
                        "the file is compressed and its tensors take more than \(TorchArchive.maximumUnpacked) bytes",
                        advice: "unpack it and zip it again without compression (zip -0), as torch.save does")
                }
                whole = try zip.content(of: entry, verify: verify)
                unpacked[storage.key] = whole
            }
        }
        guard let size = storage.element.byteCount(of: storage.count), let start = storage.element.byteCount(of: storage.start),
            start <= whole.count, size <= whole.count - start,
            let slice = ByteSlice(whole.owner, offset: whole.offset + start, count: size)
        else {
            throw CheckpointError(
                .truncated, file: path, subject: tensor,
                "its data should be \(storage.count) elements of \(storage.element.name), the file has \(whole.count) bytes of them",
                advice: TorchArchive.cutOff)
        }
        return slice
    }

    /// Bytes that a compressed file may unpack to.
    private static let maximumUnpacked = 1 << 34
}

// MARK: Zip form

extension TorchArchive {
    private init(zip: ZipArchive, verify: Bool) throws(CheckpointError) {
        let path = zip.path
        let pickles = zip.entries.filter { $0.name == "data.pkl" || $0.name.hasSuffix("/data.pkl") }
        guard let main = pickles.first, pickles.count == 1 else {
            let models = zip.entries.map(\.name).filter { name in
                ModelSuffix.all.contains(where: name.hasSuffix)
            }
            throw CheckpointError(
                .malformed, file: path,
                "is a zip archive, but none of torch.save: it holds \(pickles.isEmpty ? "no" : "more than one") data.pkl",
                advice: models.first.map { "unpack it, and name \(JSONText.quoted(String($0.prefix(200)))) in it" } ?? "unpack it first")
        }
        let prefix = String(main.name.dropLast("data.pkl".count))
        guard !zip.entries.contains(where: { $0.name == prefix + "constants.pkl" }) else {
            throw CheckpointError(
                .unsupported, file: path, "is a TorchScript program, which holds code",
                advice: "save its state dict: torch.save(torch.jit.load(…).state_dict(), …)")
        }
        try TorchArchive.checkByteOrder(zip, prefix, verify: verify)
        guard main.size <= TorchArchive.maximumPickle else {
            throw CheckpointError(.unsupported, file: path, "data.pkl takes \(main.size) bytes, too many")
        }
        let content = try zip.content(of: main, verify: verify)
        let read = try content.withBytes { (bytes) throws(CheckpointError) in
            try PickleReader.read(bytes, file: path, part: "data.pkl")
        }
        var contents: [String: Content] = [:]
        let data = prefix + "data/"
        for entry in zip.entries where entry.name.hasPrefix(data) {
            let key = String(entry.name.dropFirst(data.count))
            guard read.storages[key] != nil else { continue }
            contents[key] = entry.packing == .stored ? .bytes(try zip.storedContent(of: entry)) : .packed(zip, entry, verify: verify)
        }
        self.init(path: path, pickle: read.pickle, contents: contents)
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
        let slices = places.compactMapValues { ByteSlice(bytes.owner, offset: $0.lowerBound, count: $0.count) }
        self.init(path: path, pickle: pickle, contents: slices.mapValues { .bytes($0) })
    }

    private static func stacked(
        _ file: UnsafeRawBufferPointer, offset: Int, _ path: String
    ) throws(CheckpointError) -> (Pickle, [String: Range<Int>]) {
        let magic = try PickleReader.read(file, file: path, part: "magic number")
        guard case .wideInt(TorchArchive.magic) = magic.pickle.root else {
            throw CheckpointError(
                .unsupported, file: path, "is a pickle, but not one of torch.save",
                advice: "in Python, load it if you trust its origin, and write the tensors by torch.save or safetensors")
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
            guard case .string(let key) = item, places[key] == nil else {
                throw CheckpointError(.inconsistent, file: path, "the list of storages is damaged")
            }
            guard let storage = object.storages[key] else {
                throw CheckpointError(
                    .unsupported, file: path, "holds tensors of a type whose size is not known, or is damaged",
                    advice: "load it in PyTorch and save it again, which writes the newer zip form: torch.save(…)")
            }
            guard let count = reader.int(UInt64.self, at: position), count == storage.count,
                let size = storage.element.byteCount(of: count), reader.range(position + 8, size) != nil
            else {
                throw CheckpointError(
                    .truncated, file: path, "ends within the data of its tensors (\(places.count) of \(items.count) pieces are whole)",
                    advice: TorchArchive.cutOff)
            }
            places[key] = offset + position + 8..<offset + position + 8 + size
            position += 8 + size
        }
        return (object.pickle, places)
    }
}
