import IR
import Names

/// Writes tar archives in the POSIX pax format: ustar headers, with records only for names that do not fit them.
///
/// Times, owners and groups are zero, so that equal entries make equal archives.
package enum TarWriter {
    package struct Entry: Sendable {
        package let name: String
        package let content: ByteSlice

        package init(name: String, content: ByteSlice) {
            self.name = name
            self.content = content
        }

        package init(name: String, bytes: [UInt8]) { self.init(name: name, content: ByteSlice(copying: bytes)) }
    }

    /// Eleven octal digits.
    private static let largestSize = 0o777_7777_7777

    /// Writes `entries` to `path` atomically.
    /// - Throws: ``CheckpointError`` naming the archive, also for a name that ``TarArchive`` would refuse.
    package static func write(_ entries: [Entry], to path: String) throws(CheckpointError) {
        try check(entries, path)
        try AtomicFile.write(to: path) { (file) throws(CheckpointError) in try append(entries, to: file) }
    }

    /// As ``write(_:to:)``, only if nothing is at `path` yet; false if something is.
    package static func writeNew(_ entries: [Entry], to path: String) throws(CheckpointError) -> Bool {
        try check(entries, path)
        return try AtomicFile.writeNew(to: path) { (file) throws(CheckpointError) in try append(entries, to: file) }
    }

    private static func check(_ entries: [Entry], _ path: String) throws(CheckpointError) {
        guard let wrong = entries.first(where: { !OutsideName.staysBelow($0.name, longest: TarArchive.maximumName) }) else { return }
        throw CheckpointError(.unwritable, file: path, subject: wrong.name, "is no name for a file in an archive")
    }

    private static func append(_ entries: [Entry], to file: borrowing AtomicFile) throws(CheckpointError) {
        for entry in entries {
            try file.append(headers(entry))
            try file.append(entry.content)
            try file.append(fill(entry.content.count))
        }
        try file.append([UInt8](repeating: 0, count: 2 * TarHeader.size))
    }

    private static func headers(_ entry: Entry) -> [UInt8] {
        let (name, size) = (Array(entry.name.utf8), entry.content.count)
        let place = name.allSatisfy({ $0 < 0x80 }) ? split(name) : nil
        var records: [UInt8] = []
        if place == nil { records += PaxRecords.encode("path", name) }
        if size > largestSize { records += PaxRecords.encode("size", Array(String(size).utf8)) }
        let own = header(place ?? ([], Array(name.suffix(100))), size > largestSize ? 0 : size, type: "0")
        guard !records.isEmpty else { return own }
        return header(([], Array("pax".utf8)), records.count, type: "x") + records + fill(records.count) + own
    }

    /// A prefix of up to 155 bytes and a name of up to 100, cut at a slash; nil if there is no such place.
    private static func split(_ name: [UInt8]) -> (prefix: [UInt8], name: [UInt8])? {
        if name.count <= 100 { return ([], name) }
        let slash = UInt8(ascii: "/")
        guard let cut = name.indices.first(where: { name[$0] == slash && name.count - $0 - 1 <= 100 }), (1...155).contains(cut),
            cut + 1 < name.count
        else { return nil }
        return (Array(name[..<cut]), Array(name[(cut + 1)...]))
    }

    private static func header(_ place: (prefix: [UInt8], name: [UInt8]), _ size: Int, type: Character) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: TarHeader.size)
        func put(_ bytes: some Sequence<UInt8>, _ offset: Int) { for (index, byte) in bytes.enumerated() { block[offset + index] = byte } }
        func octal(_ value: Int, _ digits: Int) -> [UInt8] {
            let text = String(value, radix: 8)
            return Array((String(repeating: "0", count: max(digits - text.count, 0)) + text).utf8)
        }
        put(place.name, 0)
        put(octal(0o644, 7), 100)
        for owner in [108, 116] { put(octal(0, 7), owner) }
        put(octal(size, 11), 124)
        put(octal(0, 11), 136)
        put("        ".utf8, 148)
        put(String(type).utf8, 156)
        put("ustar\u{0}00".utf8, 257)
        put(place.prefix, 345)
        put(octal(block.reduce(0) { $0 + Int($1) }, 6) + [0], 148)
        return block
    }

    private static func fill(_ count: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: (TarHeader.size - count % TarHeader.size) % TarHeader.size)
    }
}
