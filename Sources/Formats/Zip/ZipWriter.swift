import IR

/// Writes zip archives of stored entries whose content starts at a multiple of 64 bytes.
enum ZipWriter {
    struct Entry {
        let name: String
        /// The content, in pieces.
        let parts: [ByteSlice]

        var count: Int { parts.reduce(0) { $0 + $1.count } }
    }

    /// Extra field that only fills space (as Android's zipalign uses).
    private static let paddingField: UInt16 = 0xD935
    private static let alignment = 64

    /// - Throws: ``CheckpointError`` if the archive would need zip64 (4 GiB, 65535 entries or more).
    static func write(_ entries: [Entry], to path: String) throws(CheckpointError) {
        let total = entries.reduce(0) { $0 + $1.count + 2 * $1.name.utf8.count + 256 }
        guard total < 0xFFFF_FFFF, entries.count < 0xFFFF, entries.allSatisfy({ $0.name.utf8.count < 0xFFFF }) else {
            throw CheckpointError(
                .unwritable, file: path, "the archive would be too large for the zip format",
                advice: "write a .safetensors file")
        }
        try AtomicFile.write(to: path) { (file) throws(CheckpointError) in
            var position = 0
            var directory: [UInt8] = []
            for entry in entries {
                let checksum = CRC32.of(entry.parts)
                let padding = padding(entry, at: position)
                let head = common(entry, checksum, extraLength: padding.count)
                let local = UInt32(0x0403_4B50).littleEndianBytes + head + Array(entry.name.utf8) + padding
                try file.append(local)
                for part in entry.parts { try file.append(part) }
                directory += UInt32(0x0201_4B50).littleEndianBytes + UInt16(20).littleEndianBytes
                directory += common(entry, checksum, extraLength: 0)
                directory += [UInt8](repeating: 0, count: 10) + UInt32(clamping: position).littleEndianBytes
                directory += Array(entry.name.utf8)
                position += local.count + entry.count
            }
            try file.append(directory + endRecord(entries.count, directory.count, position))
        }
    }

    /// Version, flags (bit 11: names are UTF-8), method, time, date (1 January 1980), checksum, sizes, lengths.
    private static func common(_ entry: Entry, _ checksum: UInt32, extraLength: Int) -> [UInt8] {
        let start = [UInt16(20), 0x0800, 0, 0, 0x21].flatMap(\.littleEndianBytes)
        let size = UInt32(clamping: entry.count).littleEndianBytes
        return start + checksum.littleEndianBytes + size + size
            + UInt16(clamping: entry.name.utf8.count).littleEndianBytes
            + UInt16(clamping: extraLength).littleEndianBytes
    }

    private static func padding(_ entry: Entry, at position: Int) -> [UInt8] {
        let fixed = position + 30 + entry.name.utf8.count + 4
        let fill = (alignment - fixed % alignment) % alignment
        return paddingField.littleEndianBytes + UInt16(clamping: fill).littleEndianBytes
            + [UInt8](repeating: 0, count: fill)
    }

    private static func endRecord(_ count: Int, _ size: Int, _ start: Int) -> [UInt8] {
        let entries = UInt16(clamping: count).littleEndianBytes
        return UInt32(0x0605_4B50).littleEndianBytes + [0, 0, 0, 0] + entries + entries
            + UInt32(clamping: size).littleEndianBytes + UInt32(clamping: start).littleEndianBytes + [0, 0]
    }
}
