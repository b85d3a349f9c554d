import Glibc

/// Folders that appear under their name when all that belongs to them has reached the disk.
extension OutputFolder {
    /// Makes folder `path` with what `body` writes into the folder that it is given: a temporary one beside `path`, which gets the name when its
    /// files are on the disk. Killed before that, the process leaves a temporary folder and no other trace. A folder that is there is replaced,
    /// and stays as it is until then.
    /// - Throws: what `body` throws, and ``OutputError`` if `path` cannot be made; nothing is left then.
    package static func writeWhole(_ path: String, _ body: (_ temporary: String) throws -> Void) throws {
        let parent = FilePath.folder(of: path)
        let temporary = FilePath.join(parent, OutputFile.temporaryName())
        guard mkdir(temporary, 0o777) == 0 else { throw OutputError.system(path, "cannot be made") }
        do {
            try body(temporary)
            try sync(temporary, for: path)
            try put(temporary, at: path)
        } catch {
            removeTree(temporary)
            throw error
        }
        try syncEntry(parent, for: path)
    }

    /// Gives folder `temporary` the name `path`, and removes the one that had it.
    private static func put(_ temporary: String, at path: String) throws(OutputError) {
        // A folder that is not empty is not replaced by a rename.
        if rename(temporary, path) == 0 { return }
        guard errno == ENOTEMPTY || errno == EEXIST else { throw .system(path, "cannot be put into place") }
        let old = FilePath.join(FilePath.folder(of: path), OutputFile.temporaryName())
        guard rename(path, old) == 0 else { throw .system(path, "cannot be replaced") }
        guard rename(temporary, path) == 0 else {
            let error = OutputError.system(path, "cannot be put into place")
            rename(old, path)
            throw error
        }
        removeTree(old)
    }

    /// Takes folder `path` away as a whole: whoever looks sees all of it or nothing.
    /// - Throws: ``OutputError``.
    package static func withdraw(_ path: String) throws(OutputError) {
        let temporary = FilePath.join(FilePath.folder(of: path), OutputFile.temporaryName())
        guard rename(path, temporary) == 0 else {
            if errno == ENOENT { return }
            throw .system(path, "cannot be removed")
        }
        removeTree(temporary)
    }

    /// Removes the temporary folders in `folder` that a killed process left. For who holds a lock on `folder`, so that nobody is at work there.
    package static func removeAbandoned(in folder: String) {
        for name in names(in: folder) where OutputFile.isTemporary(name) {
            let path = FilePath.join(folder, name)
            if FilePath.isFolder(path) { removeTree(path) }
        }
    }

    /// Names of what lies in `folder`, hidden ones too, in no order; none where it cannot be read.
    package static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Links are removed, and what they lead to stays.
    private static func removeTree(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        for name in names(in: path) { removeTree(FilePath.join(path, name)) }
        rmdir(path)
    }

    /// Waits until all below `folder` is on the disk.
    private static func sync(_ folder: String, for path: String) throws(OutputError) {
        for name in names(in: folder) {
            let entry = FilePath.join(folder, name)
            if FilePath.isFolder(entry) { try sync(entry, for: path) } else { try syncEntry(entry, for: path) }
        }
        try syncEntry(folder, for: path)
    }

    private static func syncEntry(_ entry: String, for path: String) throws(OutputError) {
        let descriptor = open(entry, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(path, "cannot be completed") }
        defer { close(descriptor) }
        // Some file systems have nothing to be done for folders.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw .system(path, "cannot be completed") }
    }
}
