import Glibc

/// What lies behind the path of an output. Nothing is opened or made to find out.
enum OutputPlace {
    /// Bytes go to a copy of this descriptor as they come.
    case descriptor(Int32)
    /// A device or FIFO: bytes go there as they come.
    case special(String)
    /// A regular file that is there, in a folder that takes no other beside it: bytes go there as they come.
    case inPlace(String)
    /// A regular file behind all links, there already or not, in a folder that takes it; mode and owner of the one that is there.
    case file(String, mode: mode_t?, owner: (user: uid_t, group: gid_t)?)

    /// - Throws: ``OutputError`` for what is no place of a file, and for what may not be written.
    init(_ path: String) throws(OutputError) {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw OutputError(path, "is not a path", .request) }
        if path == "-" {
            self = .descriptor(STDOUT_FILENO)
            return
        }
        if let number = OutputPlace.openDescriptor(path) {
            guard fcntl(number, F_GETFD) >= 0 else { throw .system(path, "cannot be written") }
            self = .descriptor(number)
            return
        }
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT else { throw .system(path, "cannot be written") }
            if path.hasSuffix("/") { throw OutputError(path, "is a folder; name a file", .request) }
            let target = try OutputPlace.target(of: path)
            try OutputPlace.checkFolder(of: target, for: path)
            self = .file(target, mode: nil, owner: nil)
            return
        }
        if status.st_mode & S_IFMT == S_IFDIR { throw OutputError(path, "is a folder; name a file", .request) }
        guard access(path, W_OK) == 0 else { throw .system(path, "cannot be written") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            self = .special(path)
            return
        }
        guard let real = realpath(path, nil) else { throw .system(path, "cannot be written") }
        defer { free(real) }
        let target = String(cString: real)
        do throws(OutputError) { try OutputPlace.checkFolder(of: target, for: path) } catch {
            self = .inPlace(target)
            return
        }
        self = .file(target, mode: status.st_mode & 0o7777, owner: (status.st_uid, status.st_gid))
    }

    /// That a file can be made beside `target`, as ``OutputFile`` does.
    private static func checkFolder(of target: String, for path: String) throws(OutputError) {
        let folder = target.lastIndex(of: "/").map { $0 == target.startIndex ? "/" : String(target[..<$0]) } ?? "."
        guard access(folder, F_OK) == 0 else {
            if errno == ENOENT { throw OutputError(path, "cannot be written: folder \(folder) does not exist", .missing) }
            throw .system(path, "cannot be written: folder \(folder)")
        }
        guard access(folder, W_OK | X_OK) == 0 else { throw .system(path, "cannot be written: folder \(folder) may not be written to") }
    }

    /// N of `/dev/stdout`, `/dev/stderr`, `/dev/fd/N`, `/proc/self/fd/N`. Opened anew, a file behind it would be written from its start.
    private static func openDescriptor(_ path: String) -> Int32? {
        if path == "/dev/stdout" { return STDOUT_FILENO }
        if path == "/dev/stderr" { return STDERR_FILENO }
        for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) { return Int32(path.dropFirst(folder.count)) }
        return nil
    }

    /// Where a path leads: to itself, or for a link to what it points to, there or not.
    static func target(of path: String) throws(OutputError) -> String {
        var place = path
        for _ in 0..<40 {
            guard let target = link(place) else { return place }
            let folder = place.lastIndex(of: "/").map { String(place[...$0]) } ?? ""
            place = target.hasPrefix("/") ? target : folder + target
        }
        throw OutputError(path, "is a link without end", .request)
    }

    private static func link(_ path: String) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink(path, &bytes, Int(PATH_MAX))
        return count > 0 ? String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : nil
    }
}
