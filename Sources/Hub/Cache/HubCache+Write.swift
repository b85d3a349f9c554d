import Foundation

extension HubCache {
    /// Lets `file` of `commit` be the blob `blob`: a relative link, put in place at once.
    /// - Throws: ``HubError`` of kind `unwritable`.
    func link(_ file: String, to blob: String, of name: RepositoryName, at commit: String) throws(HubError) {
        let place = snapshotFile(name, commit, file)
        let depth = file.utf8.count { $0 == UInt8(ascii: "/") } + 2
        let target = String(repeating: "../", count: depth) + "blobs/" + blob
        if let known = try? FileManager.default.destinationOfSymbolicLink(atPath: place), known == target { return }
        try DiskItem.makeFolder((place as NSString).deletingLastPathComponent)
        try replace(place) { temporary in symlink(target, temporary) == 0 }
    }

    /// Notes that the revision of `name` stands for `commit`; nothing for a revision that is a commit.
    /// - Throws: ``HubError`` of kind `unwritable`.
    func note(_ commit: String, for name: RepositoryName) throws(HubError) {
        guard name.wanted != commit, self.commit(of: name) != commit else { return }
        let place = path(name, "refs/\(name.wanted)")
        try DiskItem.makeFolder((place as NSString).deletingLastPathComponent)
        try replace(place) { temporary in FileManager.default.createFile(atPath: temporary, contents: Data(commit.utf8)) }
    }

    /// - Throws: ``HubError`` of kind `unwritable` if fewer than `bytes` are free.
    func checkSpace(for bytes: Int) throws(HubError) {
        guard bytes > 0, let free = DiskItem.freeBytes(at: folder), free < bytes else { return }
        throw HubError(
            .unwritable,
            "\(folder) has \(free) bytes free, and \(bytes) are needed; make room, or set HF_HUB_CACHE to a folder on another disk")
    }

    private func replace(_ place: String, _ make: (String) -> Bool) throws(HubError) {
        let temporary = "\(place).\(UInt32.random(in: 0 ... .max)).tmp"
        guard make(temporary), rename(temporary, place) == 0 else {
            let reason = String(cString: strerror(errno))
            unlink(temporary)
            throw HubError(.unwritable, "\(place) cannot be written: \(reason)")
        }
    }
}

/// What is on the disk.
enum DiskItem {
    static func isFolder(_ path: String) -> Bool { mode(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false }

    static func exists(_ path: String) -> Bool { mode(path) != nil }

    /// Bytes of the regular file at `path`, links followed; nil for anything else.
    static func fileSize(_ path: String) -> Int? {
        guard let status = mode(path), status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    private static func mode(_ path: String) -> stat? {
        guard !path.utf8.contains(0) else { return nil }
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }

    /// - Throws: ``HubError`` of kind `unwritable`.
    static func makeFolder(_ path: String) throws(HubError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw HubError(.unwritable, "folder \(path) cannot be made: \(error.localizedDescription); set HF_HUB_CACHE to another one")
        }
    }

    /// Bytes that an ordinary user may still write at `path`, or at the nearest folder above it that exists.
    static func freeBytes(at path: String) -> Int? {
        var place = path
        while !exists(place), place.count > 1 { place = (place as NSString).deletingLastPathComponent }
        var status = statvfs()
        guard statvfs(place.isEmpty ? "." : place, &status) == 0 else { return nil }
        let (bytes, overflows) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflows ? nil : Int(clamping: bytes)
    }
}
