import Files
import IR
import Names

/// The files in a tar archive: POSIX ustar and pax, GNU long names and large numbers. Nothing is unpacked: contents are slices of
/// the mapped archive. Links to its own files are files with the same content; what else is no plain file is told of, folders excepted.
package struct TarArchive: Sendable {
    package struct Entry: Sendable {
        /// Relative, without `..`, without control characters.
        package let name: String
        package let content: ByteSlice
    }

    /// A member that gives no file.
    package struct PassedOver: Sendable, Hashable {
        /// As it can be shown: bytes that are no UTF-8 are replaced.
        package let name: String
        package let reason: String
    }

    package let path: String
    /// In the order of the archive; names may repeat.
    package let entries: [Entry]
    /// Links to what is not in the archive, devices, and files whose names lead out of it or are no text.
    package let passedOver: [PassedOver]

    /// Bounds on what an archive may ask for.
    static let (maximumEntries, maximumName, maximumRecords) = (1 << 22, 4096, 1 << 20)

    /// Reads all headers of the archive at `path`.
    /// - Throws: ``CheckpointError`` naming the archive: unreadable, cut off, damaged, something else than a tar archive, or holding
    ///   sparse files.
    package init(path: String) throws(CheckpointError) { try self.init(ByteSlice(MappedFile.open(path)), path: path) }

    /// The archive in `bytes`; `path` is for messages.
    package init(_ bytes: ByteSlice, path: String) throws(CheckpointError) {
        self.path = path
        var walk = Walk(bytes: bytes, path: path)
        while try walk.step() {}
        let (entries, broken) = walk.members.files()
        self.entries = entries
        passedOver = walk.passedOver + broken
    }
}

/// The way through an archive, header by header.
private struct Walk {
    let bytes: ByteSlice
    let path: String
    var members = TarMembers()
    var passedOver: [TarArchive.PassedOver] = []
    private var position = 0
    /// What records before a header say of it.
    private var (longName, longTarget): ([UInt8]?, [UInt8]?)
    private var pax: PaxRecords?

    init(bytes: ByteSlice, path: String) {
        self.bytes = bytes
        self.path = path
    }

    /// Takes one header and its content; false behind the last one.
    mutating func step() throws(CheckpointError) -> Bool {
        guard bytes.count - position >= TarHeader.size else {
            try refuseStranger()
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
            try refuseStranger()
            switch error {
            case .checksum:
                throw self.error(
                    .malformed, "the header at byte \(position) has a wrong checksum; this is no tar archive, or it is damaged")
            case .number(let field): throw self.error(.malformed, "the header at byte \(position) has a \(field) that is no number")
            case .negative: throw self.error(.malformed, "the header at byte \(position) states a negative size")
            }
        }
    }

    /// Says what a file is that does not begin as a tar archive.
    private func refuseStranger() throws(CheckpointError) {
        guard position == 0, let kind = FileKind(bytes.buffer.prefix(FileKind.headCount)), kind != .tar else { return }
        throw error(.unsupported, "is \(kind.title), not a plain tar archive", advice: kind.remedy)
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
        case UInt8(ascii: "L"): longName = try text(content)
        case UInt8(ascii: "K"): longTarget = try text(content)
        case UInt8(ascii: "g"): break
        default:
            if header.type == UInt8(ascii: "S") || pax?.isSparse == true {
                throw error(.unsupported, "\(label(header)) is a sparse file", advice: "pack it again without --sparse")
            }
            try append(header, content)
            (longName, longTarget, pax) = (nil, nil, nil)
        }
    }

    /// The text of a GNU record.
    private func text(_ content: ByteSlice) throws(CheckpointError) -> [UInt8] {
        guard content.count <= TarArchive.maximumName + 1 else { throw error(.malformed, "the name at byte \(position) is too long") }
        return Array(content.buffer.prefix { $0 != 0 })
    }

    private mutating func append(_ header: TarHeader, _ content: ByteSlice) throws(CheckpointError) {
        let raw = pax?.path ?? longName ?? header.name
        // A folder, or the label of a volume.
        guard raw.last != UInt8(ascii: "/"), !"5DV".utf8.contains(header.type) else { return }
        guard members.count + passedOver.count < TarArchive.maximumEntries else {
            throw error(.malformed, "holds more than \(TarArchive.maximumEntries) files")
        }
        guard let name = String(validating: raw, as: UTF8.self), OutsideName.staysBelow(name, longest: TarArchive.maximumName) else {
            let shown = ForeignText.clean(String(decoding: raw.prefix(200), as: UTF8.self))
            passedOver.append(
                .init(name: shown, reason: "names in archives must be relative UTF-8 paths without '..' and control characters"))
            return
        }
        switch header.type {
        // Contiguous files are plain ones, as POSIX asks.
        case UInt8(ascii: "0"), UInt8(ascii: "7"): members.append(name, .content(content))
        case UInt8(ascii: "1"): members.append(name, .hardLink(target(header)))
        case UInt8(ascii: "2"): members.append(name, .symbolicLink(target(header)))
        case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"):
            passedOver.append(.init(name: name, reason: "it is a device or a pipe, not a file"))
        default:
            let type = ForeignText.clean(String(decoding: [header.type], as: UTF8.self))
            passedOver.append(.init(name: name, reason: "it is no plain file (type '\(type)'); pack it again"))
        }
    }

    private func target(_ header: TarHeader) -> String {
        String(decoding: (pax?.target ?? longTarget ?? header.target).prefix(TarArchive.maximumName), as: UTF8.self)
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
