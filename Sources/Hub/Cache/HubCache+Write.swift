import Foundation

extension HubCache {
    /// Lets `file` of `commit` be its blob: by a relative link, put in place at once; without links it becomes the blob itself.
    /// - Throws: ``HubError`` of kind `unwritable`.
    /// - Parameter keepsBlob: whether other files need the blob too; it is copied then.
    func place(_ file: HubClient.FileFacts, of name: RepositoryName, at commit: String, keepsBlob: Bool) throws(HubError) {
        let place = snapshotFile(name, commit, file.name)
        let blob = self.blob(name, file.blob)
        guard DiskItem.exists(blob) else {
            if has(file, of: name, at: commit) { return }
            throw HubError(.unwritable, "\(blob) is gone: another program may be clearing the cache; pull again")
        }
        if usesLinks, try link(place, to: file, name) { return }
        try DiskItem.makeFolder((place as NSString).deletingLastPathComponent)
        if keepsBlob {
            return try replace(place) { temporary in (try? FileManager.default.copyItem(atPath: blob, toPath: temporary)) != nil }
        }
        guard rename(blob, place) == 0 else {
            throw HubError(.unwritable, "\(place) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    /// - Returns: false where the file system has no symbolic links.
    private func link(_ place: String, to file: HubClient.FileFacts, _ name: RepositoryName) throws(HubError) -> Bool {
        let depth = file.name.utf8.count { $0 == UInt8(ascii: "/") } + 2
        let target = String(repeating: "../", count: depth) + "blobs/" + file.blob
        if let known = try? FileManager.default.destinationOfSymbolicLink(atPath: place), known == target { return true }
        try DiskItem.makeFolder((place as NSString).deletingLastPathComponent)
        var hasLinks = true
        do throws(HubError) {
            try replace(place) { temporary in
                let isMade = symlink(target, temporary) == 0
                hasLinks = isMade || ![EPERM, EOPNOTSUPP, ENOSYS, EINVAL].contains(errno)
                return isMade
            }
        } catch { if hasLinks { throw error } }
        return hasLinks
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
