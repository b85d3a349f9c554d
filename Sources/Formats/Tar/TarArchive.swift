import Files
import IR
import Names

/// The files in a tar archive: POSIX ustar and pax, GNU long names and large numbers. Nothing is unpacked: contents are slices of
/// the mapped archive. Folders, links and devices are passed over.
package struct TarArchive: Sendable {
    package struct Entry: Sendable {
        /// Relative, without `..`, without control characters.
        package let name: String
        package let content: ByteSlice
    }

    package let path: String
    /// In the order of the archive; names may repeat.
    package let entries: [Entry]

    /// Bounds on what an archive may ask for.
    static let (maximumEntries, maximumName, maximumRecords) = (1 << 22, 4096, 1 << 20)

    /// Reads all headers of the archive at `path`.
    /// - Throws: ``CheckpointError`` naming the archive: unreadable, cut off, damaged, compressed, or holding sparse files.
    package init(path: String) throws(CheckpointError) { try self.init(ByteSlice(MappedFile.open(path)), path: path) }

    /// The archive in `bytes`; `path` is for messages.
    package init(_ bytes: ByteSlice, path: String) throws(CheckpointError) {
        self.path = path
        var walk = Walk(bytes: bytes, path: path)
        try walk.refuseOtherKinds()
        while try walk.step() {}
        entries = walk.entries
    }
}

/// The way through an archive, header by header.
private struct Walk {
    let bytes: ByteSlice
    let path: String
    var entries: [TarArchive.Entry] = []
    private var position = 0
    /// What records before a header say of it.
    private var longName: [UInt8]?
    private var pax: PaxRecords?

    init(bytes: ByteSlice, path: String) {
        self.bytes = bytes
        self.path = path
    }

    func refuseOtherKinds() throws(CheckpointError) {
        // Old archives begin with the name of a file: only kinds that no name begins like.
        let others: Set<FileKind> = [
            .gzip, .zstd, .xz, .bzip2, .sevenZip, .rar, .zip, .npz, .torchZip, .gitLFSPointer, .html, .xml, .parquet, .sqlite, .hdf5,
        ]
        let accepted = Set(FileKind.allCases).subtracting(others)
        if let other = bytes.withBytes({ CheckpointError.foreign($0, file: path, needed: "a tar archive", accepted: accepted) }) {
            throw other
        }
    }

    /// Takes one header and its content; false behind the last one.
    mutating func step() throws(CheckpointError) -> Bool {
        guard bytes.count - position >= TarHeader.size else {
            throw error(.truncated, "ends without the zero block that ends a tar archive; it may be cut off")
        }
        let block = UnsafeRawBufferPointer(rebasing: bytes.buffer[position..<position + TarHeader.size])
        if TarHeader.isZero(block) {
            try checkEnd()
            return false
        }
        let header = try header(block)
        let start = position + TarHeader.size
        // Links, devices and folders have no content, whatever size their headers state.
        let hasContent = !"123456".utf8.contains(header.type)
        let size = !hasContent ? 0 : takesPaxSize(header) ? pax?.size ?? header.size : header.size
        guard let content = ByteSlice(bytes.owner, offset: bytes.offset + start, count: size), size <= bytes.count - start else {
            throw error(.truncated, "\(label(header)) has \(size) bytes, \(bytes.count - start) are left")
        }
        try take(header, content)
        let (padded, overflow) = size.addingReportingOverflow(TarHeader.size - 1)
        guard !overflow else { throw error(.malformed, "\(label(header)) is too large") }
        position = start + padded / TarHeader.size * TarHeader.size
        return true
    }

    private func header(_ block: UnsafeRawBufferPointer) throws(CheckpointError) -> TarHeader {
        do throws(TarHeader.Problem) {
            return try TarHeader(block)
        } catch {
            switch error {
            case .checksum:
                throw self.error(
                    .malformed, "the header at byte \(position) has a wrong checksum; this is no tar archive, or it is damaged")
            case .number(let field): throw self.error(.malformed, "the header at byte \(position) has a \(field) that is no number")
            case .negative: throw self.error(.malformed, "the header at byte \(position) states a negative size")
            }
        }
    }

    /// Records are for the file behind them, not for other records.
    private func takesPaxSize(_ header: TarHeader) -> Bool { !"xgLK".utf8.contains(header.type) }

    private mutating func take(_ header: TarHeader, _ content: ByteSlice) throws(CheckpointError) {
        switch header.type {
        case UInt8(ascii: "x"):
            guard content.count <= TarArchive.maximumRecords, let records = PaxRecords(content.buffer) else {
                throw error(.malformed, "the pax header at byte \(position) is no list of records")
            }
            pax = records
        case UInt8(ascii: "L"):
            guard content.count <= TarArchive.maximumName + 1 else { throw error(.malformed, "the name at byte \(position) is too long") }
            longName = Array(content.buffer.prefix { $0 != 0 })
        case UInt8(ascii: "g"), UInt8(ascii: "K"): break
        default:
            if isFile(header.type) { try append(header, content) }
            if header.type == UInt8(ascii: "S") || pax?.isSparse == true {
                throw error(.unsupported, "\(label(header)) is a sparse file", advice: "pack it again without --sparse")
            }
            (longName, pax) = (nil, nil)
        }
    }

    /// Plain files, and contiguous ones as POSIX asks.
    private func isFile(_ type: UInt8) -> Bool { (type == UInt8(ascii: "0") || type == UInt8(ascii: "7")) && pax?.isSparse != true }

    private mutating func append(_ header: TarHeader, _ content: ByteSlice) throws(CheckpointError) {
        let raw = pax?.path ?? longName ?? header.name
        guard raw.last != UInt8(ascii: "/") else { return }
        guard let name = String(validating: raw, as: UTF8.self), OutsideName.staysBelow(name, longest: TarArchive.maximumName) else {
            throw error(
                .malformed, "the file at byte \(position) is called \(JSONText.quoted(String(decoding: raw.prefix(100), as: UTF8.self)))",
                advice: "names must be relative UTF-8 paths without '..' and control characters")
        }
        guard entries.count < TarArchive.maximumEntries else {
            throw error(.malformed, "holds more than \(TarArchive.maximumEntries) files")
        }
        entries.append(TarArchive.Entry(name: name, content: content))
    }

    private func label(_ header: TarHeader) -> String {
        let raw = pax?.path ?? longName ?? header.name
        return "the content of \(JSONText.quoted(String(decoding: raw.prefix(100), as: UTF8.self)))"
    }

    /// Behind the end only zeros may follow: another archive there would be lost without a word.
    private func checkEnd() throws(CheckpointError) {
        guard bytes.buffer[position...].allSatisfy({ $0 == 0 }) else {
            throw error(
                .inconsistent, "data follow the end of the archive at byte \(position)", advice: "split archives that were joined by 'cat'")
        }
    }

    private func error(_ kind: CheckpointError.Kind, _ problem: String, advice: String? = nil) -> CheckpointError {
        CheckpointError(kind, file: path, problem, advice: advice)
    }
}
