import Glibc

/// What lies behind the path of an output.
enum OutputPlace {
    /// Bytes go there as they come; `isOwn` if the descriptor is to be closed afterwards.
    case stream(Int32, isOwn: Bool)
    /// A regular file behind all links, there already or not; mode and owner of the one that is there.
    case file(String, mode: mode_t?, owner: (user: uid_t, group: gid_t)?)

    init(_ path: String) throws(OutputError) {
        guard !path.isEmpty, !path.utf8.contains(0) else { throw OutputError(path, "is not a path", .request) }
        if path == "-" {
            self = .stream(STDOUT_FILENO, isOwn: false)
            return
        }
        if let number = OutputPlace.openDescriptor(path) {
            let copy = dup(number)
            guard copy >= 0 else { throw .system(path, "cannot be written") }
            self = .stream(copy, isOwn: true)
            return
        }
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno == ENOENT else { throw .system(path, "cannot be written") }
            self = .file(try OutputPlace.missing(path), mode: nil, owner: nil)
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: throw OutputError(path, "is a folder; name a file", .request)
        case S_IFREG:
            guard access(path, W_OK) == 0, let real = realpath(path, nil) else { throw .system(path, "cannot be written") }
            defer { free(real) }
            self = .file(String(cString: real), mode: status.st_mode & 0o7777, owner: (status.st_uid, status.st_gid))
        default:
            let descriptor = open(path, O_WRONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw .system(path, "cannot be written") }
            self = .stream(descriptor, isOwn: true)
        }
    }

    /// N of `/dev/stdout`, `/dev/stderr`, `/dev/fd/N`, `/proc/self/fd/N`. Opened anew, a file behind it would be written from its start.
    private static func openDescriptor(_ path: String) -> Int32? {
        if path == "/dev/stdout" { return STDOUT_FILENO }
        if path == "/dev/stderr" { return STDERR_FILENO }
        for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) { return Int32(path.dropFirst(folder.count)) }
        return nil
    }

    /// Where a path without a file leads: to itself, or for a link to what it points to.
    private static func missing(_ path: String) throws(OutputError) -> String {
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
