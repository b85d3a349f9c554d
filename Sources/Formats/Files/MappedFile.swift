import Glibc
import IR

/// Read-only memory maps of whole files.
///
/// A file that another process shortens while it is mapped ends this process with SIGBUS; replace files by renaming
/// (as ``AtomicFile`` does), never by overwriting.
package enum MappedFile {
    /// Maps `path`; the mapping ends when the last reference to the bytes goes.
    /// - Throws: ``CheckpointError`` of kind `unreadable` for anything but a non-empty regular file.
    package static func open(_ path: String) throws(CheckpointError) -> Bytes {
        guard !path.utf8.contains(0) else {
            throw CheckpointError(.unreadable, file: path, "the path contains a zero byte")
        }
        // Without O_NONBLOCK, opening a named pipe would wait for a writer.
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw systemError("cannot be opened", path) }
        defer { close(descriptor) }
        let size = try regularSize(descriptor, path)
        guard let memory = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor, 0), memory != MAP_FAILED else {
            throw systemError("cannot be mapped", path)
        }
        return Bytes(adopting: memory, count: size, evict: evict) { pointer, count in munmap(pointer, count) }
    }

    /// Gives back the whole pages inside a range of a map. Nobody writes to it, so that the file still has what they held.
    @Sendable private static func evict(_ pointer: UnsafeMutableRawPointer, _ count: Int) {
        let page = Int(sysconf(Int32(_SC_PAGESIZE)))
        let start = UInt(bitPattern: pointer)
        let skipped = Int((UInt(page) - start % UInt(page)) % UInt(page))
        let whole = (count - skipped) / page * page
        guard page > 0, whole > 0 else { return }
        _ = madvise(pointer + skipped, whole, MADV_DONTNEED)
    }

    private static func regularSize(_ descriptor: Int32, _ path: String) throws(CheckpointError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw systemError("cannot be examined", path) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw CheckpointError(.unreadable, file: path, "is a folder, a file is needed")
        default: throw CheckpointError(.unreadable, file: path, "is not a regular file")
        }
        guard let size = Int(exactly: status.st_size), size > 0 else {
            throw CheckpointError(.unreadable, file: path, "is empty", advice: "download or copy it again")
        }
        return size
    }

    private static func systemError(_ what: String, _ path: String) -> CheckpointError {
        CheckpointError(.unreadable, file: path, "\(what): \(String(cString: strerror(errno)))")
    }
}

/// Questions about paths.
enum FilePath {
    static func join(_ folder: String, _ name: String) -> String {
        folder.isEmpty ? name : folder.hasSuffix("/") ? folder + name : folder + "/" + name
    }

    /// The folder that holds `path`; "." if none is named.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    static func isFolder(_ path: String) -> Bool { mode(path) == S_IFDIR }

    static func exists(_ path: String) -> Bool { mode(path) != nil }

    private static func mode(_ path: String) -> mode_t? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return status.st_mode & S_IFMT
    }
}
