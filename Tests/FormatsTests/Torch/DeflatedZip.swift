import IR

@testable import Formats

/// Archives as `zipfile` writes them with ZIP_DEFLATED, their content in blocks that are not compressed (RFC 1951, 3.2.4).
enum DeflatedZip {
    /// The entries of the archive `bytes`, deflated.
    static func of(_ bytes: [UInt8]) throws -> [UInt8] {
        let archive = try ZipArchive(ByteSlice(copying: bytes), path: "a.zip")
        var (file, directory): ([UInt8], [UInt8]) = ([], [])
        for entry in archive.entries {
            let content = try archive.content(of: entry).withBytes { Array($0) }
            let count = UInt16(content.count)
            let packed = [1] + count.littleEndianBytes + (~count).littleEndianBytes + content
            let name = Array(entry.name.utf8)
            let head =
                [UInt16(20), 0, 8, 0, 0x21].flatMap(\.littleEndianBytes) + entry.checksum.littleEndianBytes
                + UInt32(packed.count).littleEndianBytes + UInt32(content.count).littleEndianBytes + UInt16(name.count).littleEndianBytes
                + [0, 0]
            directory += [0x50, 0x4B, 1, 2, 20, 0] + head + [UInt8](repeating: 0, count: 10) + UInt32(file.count).littleEndianBytes + name
            file += [0x50, 0x4B, 3, 4] + head + name + packed
        }
        let count = UInt16(archive.entries.count).littleEndianBytes
        return file + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + count + count + UInt32(directory.count).littleEndianBytes
            + UInt32(file.count).littleEndianBytes + [0, 0]
    }
}
