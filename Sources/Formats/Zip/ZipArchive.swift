import IR

/// The directory of a zip archive (PKWARE APPNOTE 6.3) in memory, zip64 included. Content that is stored without
/// compression is given as a slice of the archive, content packed by deflate is unpacked.
struct ZipArchive {
    struct Entry {
        enum Packing: Sendable {
            case stored, deflated
            /// Encrypted, or packed by a method that is not read here.
            case unknown
        }

        let name: String
        let packing: Packing
        let checksum: UInt32
        /// Bytes of the content, unpacked.
        let size: Int
        /// Place of the content from the start of the archive.
        let range: Range<Int>
    }

    let path: String
    let bytes: ByteSlice
    /// In the order of the directory; folders left out.
    let entries: [Entry]

    private static let maximumEntries = 1_000_000

    /// - Throws: ``CheckpointError`` for anything that is no complete archive, and for encrypted or repeated entries.
    init(_ bytes: ByteSlice, path: String) throws(CheckpointError) {
        self.path = path
        self.bytes = bytes
        entries = try bytes.withBytes { (archive) throws(CheckpointError) in
            try ZipArchive.entries(ByteReader(bytes: archive), path)
        }
    }

    private static func entries(_ reader: ByteReader, _ path: String) throws(CheckpointError) -> [Entry] {
        guard let directory = directory(reader) else {
            throw CheckpointError(
                .truncated, file: path, "is a zip archive whose end is missing",
                advice: "the download or copy was cut off; download or copy it again")
        }
        var entries: [Entry] = []
        var names: Set<String> = []
        var position = directory.start
        for index in 0..<directory.count {
            guard let (entry, next) = entry(reader, at: position, end: directory.end) else {
                throw CheckpointError(.malformed, file: path, "entry \(index) of the zip directory is damaged")
            }
            position = next
            if entry.name.hasSuffix("/") { continue }
            guard names.insert(entry.name).inserted else {
                throw CheckpointError(.duplicate, file: path, subject: entry.name, "it is in the archive twice")
            }
            entries.append(entry)
        }
        try checkDisjoint(entries, before: directory.start, path)
        return entries
    }

    /// Contents lie before the directory and share no bytes: overlapping ones make small archives swell.
    private static func checkDisjoint(
        _ entries: [Entry], before directory: Int, _ path: String
    ) throws(CheckpointError) {
        var end = 0
        for entry in entries.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) where !entry.range.isEmpty {
            guard entry.range.lowerBound >= end, entry.range.upperBound <= directory else {
                throw CheckpointError(
                    .inconsistent, file: path, subject: entry.name, "its content overlaps that of another entry or the directory")
            }
            end = entry.range.upperBound
        }
    }

    /// The content of an entry; that of a packed one is a copy.
    /// - Parameter verify: compares the checksum, which reads all of it.
    func content(of entry: Entry, verify: Bool = true) throws(CheckpointError) -> ByteSlice {
        let packed = try place(of: entry)
        let slice: ByteSlice
        switch entry.packing {
        case .stored: slice = packed
        case .deflated: slice = try inflated(entry, packed)
        case .unknown:
            throw CheckpointError(
                .unsupported, file: path, subject: entry.name, "it is encrypted, or compressed by something else than deflate",
                advice: "write it uncompressed (numpy.savez, torch.save as it is)")
        }
        guard !verify || CRC32.of([slice]) == entry.checksum else {
            throw CheckpointError(
                .malformed, file: path, subject: entry.name, "its checksum is wrong",
                advice: "download or copy it again")
        }
        return slice
    }

    /// The content of a stored entry as the part of ``bytes`` that it is.
    func storedContent(of entry: Entry) throws(CheckpointError) -> ByteSlice {
        guard entry.packing == .stored else {
            throw CheckpointError(
                .unsupported, file: path, subject: entry.name, "it is compressed or encrypted", advice: "write it as torch.save does")
        }
        return try place(of: entry)
    }

    private func place(of entry: Entry) throws(CheckpointError) -> ByteSlice {
        guard let slice = ByteSlice(bytes.owner, offset: bytes.offset + entry.range.lowerBound, count: entry.range.count) else {
            throw CheckpointError(.truncated, file: path, subject: entry.name, "its content is outside the archive")
        }
        return slice
    }

    /// Sizes are looked at before any memory is taken for them.
    private func inflated(_ entry: Entry, _ packed: ByteSlice) throws(CheckpointError) -> ByteSlice {
        guard entry.size <= Inflate.maximumSize else {
            throw CheckpointError(
                .unsupported, file: path, subject: entry.name,
                "it is compressed and takes \(entry.size) bytes; \(Inflate.maximumSize) are unpacked at most",
                advice: "write it uncompressed (numpy.savez)")
        }
        guard Inflate.isPossible(packed: packed.count, size: entry.size),
            let bytes = packed.withBytes({ Inflate.bytes($0, size: entry.size) })
        else {
            throw CheckpointError(
                .malformed, file: path, subject: entry.name,
                "its \(packed.count) compressed bytes are not the \(entry.size) they should be",
                advice: "download or copy it again")
        }
        return ByteSlice(bytes)
    }

    // MARK: Directory

    private static func directory(_ reader: ByteReader) -> (start: Int, end: Int, count: Int)? {
        let total = reader.bytes.count
        guard total >= 22 else { return nil }
        // The end record is followed by a comment of up to 65535 bytes.
        for position in stride(from: total - 22, through: max(total - 22 - 65535, 0), by: -1)
        where reader.integer(UInt32.self, at: position) == 0x0605_4B50 {
            guard let comment = reader.int(UInt16.self, at: position + 20), position + 22 + comment == total,
                var count = reader.int(UInt16.self, at: position + 10),
                var size = reader.int(UInt32.self, at: position + 12),
                var start = reader.int(UInt32.self, at: position + 16)
            else { continue }
            if count == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF {
                guard let large = largeDirectory(reader, locator: position - 20) else { return nil }
                (start, size, count) = large
            }
            guard start <= position, size <= position - start, count <= maximumEntries else { return nil }
            return (start, start + size, count)
        }
        return nil
    }

    private static func largeDirectory(_ reader: ByteReader, locator: Int) -> (Int, Int, Int)? {
        guard reader.integer(UInt32.self, at: locator) == 0x0706_4B50,
            let position = reader.int(UInt64.self, at: locator + 8), position <= locator,
            reader.integer(UInt32.self, at: position) == 0x0606_4B50,
            let count = reader.int(UInt64.self, at: position + 32),
            let size = reader.int(UInt64.self, at: position + 40),
            let start = reader.int(UInt64.self, at: position + 48)
        else { return nil }
        return (start, size, count)
    }

    private static func entry(_ reader: ByteReader, at position: Int, end: Int) -> (Entry, Int)? {
        guard reader.integer(UInt32.self, at: position) == 0x0201_4B50,
            let flags = reader.int(UInt16.self, at: position + 8),
            let method = reader.int(UInt16.self, at: position + 10),
            let checksum = reader.integer(UInt32.self, at: position + 16),
            let nameLength = reader.int(UInt16.self, at: position + 28),
            let extraLength = reader.int(UInt16.self, at: position + 30),
            let commentLength = reader.int(UInt16.self, at: position + 32),
            let nameBytes = reader.range(position + 46, nameLength),
            let extra = reader.range(position + 46 + nameLength, extraLength),
            let name = String(validating: nameBytes, as: UTF8.self),
            let sizes = sizes(reader, at: position, ByteReader(bytes: extra))
        else { return nil }
        let next = position + 46 + nameLength + extraLength + commentLength
        guard next <= end, let start = contentStart(reader, at: sizes.header), sizes.packed <= end - start else {
            return nil
        }
        let isEncrypted = flags & 1 != 0
        let packing: Entry.Packing = isEncrypted ? .unknown : method == 0 ? .stored : method == 8 ? .deflated : .unknown
        guard packing != .stored || sizes.packed == sizes.full else { return nil }
        let range = start..<start + sizes.packed
        return (Entry(name: name, packing: packing, checksum: checksum, size: sizes.full, range: range), next)
    }

    /// Sizes and place of the local header: 32 bits each, or in the zip64 field where those are all ones.
    private static func sizes(
        _ reader: ByteReader, at position: Int, _ extra: ByteReader
    ) -> (packed: Int, full: Int, header: Int)? {
        guard var packed = reader.int(UInt32.self, at: position + 20),
            var full = reader.int(UInt32.self, at: position + 24),
            var header = reader.int(UInt32.self, at: position + 42)
        else { return nil }
        guard packed == 0xFFFF_FFFF || full == 0xFFFF_FFFF || header == 0xFFFF_FFFF else {
            return (packed, full, header)
        }
        var field = 0
        while let id = extra.int(UInt16.self, at: field), let length = extra.int(UInt16.self, at: field + 2) {
            guard id == 1 else {
                field += 4 + length
                continue
            }
            var place = field + 4
            func large(_ value: inout Int) -> Bool {
                guard value == 0xFFFF_FFFF else { return true }
                guard let wide = extra.int(UInt64.self, at: place) else { return false }
                value = wide
                place += 8
                return true
            }
            return large(&full) && large(&packed) && large(&header) ? (packed, full, header) : nil
        }
        return nil
    }

    private static func contentStart(_ reader: ByteReader, at header: Int) -> Int? {
        guard reader.integer(UInt32.self, at: header) == 0x0403_4B50,
            let nameLength = reader.int(UInt16.self, at: header + 26),
            let extraLength = reader.int(UInt16.self, at: header + 28)
        else { return nil }
        return header + 30 + nameLength + extraLength
    }
}
