import Glibc

/// The one way to open a file for reading: regular files, and pipes that somebody writes to (`/dev/stdin`, `<(command)`). A FIFO without a
/// writer, a device or a socket is refused by name at once, where a plain `open` or `read` would wait for ever or take endless bytes.
package struct InputFile: ~Copyable {
    package let descriptor: Int32
    /// As the user gave it.
    package let path: String
    /// Bytes of a regular file; nil for a pipe.
    package let size: Int?

    /// Most bytes that are taken from a pipe.
    package static let pipeLimit = 2 << 30

    /// - Throws: ``InputError``.
    package init(_ path: String) throws(InputError) {
        guard !path.utf8.contains(0) else { throw InputError(path, "the path contains a zero byte", .missing, advice: "check the path") }
        // Opening a device may already do something to it.
        var status = stat()
        guard stat(path, &status) == 0 else { throw .system(path, "cannot be opened") }
        try InputFile.checkKind(status.st_mode, path)
        // Without O_NONBLOCK, opening a FIFO would wait for a writer.
        let opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard opened >= 0 else { throw .system(path, "cannot be opened") }
        do throws(InputError) {
            // What is at the path now may be something else.
            guard fstat(opened, &status) == 0 else { throw .system(path, "cannot be examined") }
            try InputFile.checkKind(status.st_mode, path)
        } catch {
            close(opened)
            throw error
        }
        descriptor = opened
        self.path = path
        size = status.st_mode & S_IFMT == S_IFREG ? Int(status.st_size) : nil
    }

    deinit { close(descriptor) }

    private static func checkKind(_ mode: mode_t, _ path: String) throws(InputError) {
        let kind: String
        switch mode & S_IFMT {
        case S_IFREG, S_IFIFO: return
        case S_IFDIR: kind = "a folder"
        case S_IFSOCK: kind = "a socket"
        case S_IFCHR, S_IFBLK: kind = isTerminal(path) ? "a terminal" : "a device"
        default: kind = "no file"
        }
        throw InputError(path, "is \(kind)", .kind, advice: "a file is needed")
    }

    private static func isTerminal(_ path: String) -> Bool {
        path == "/dev/tty" || (path == "/dev/stdin" || path == "/dev/fd/0") && isatty(STDIN_FILENO) == 1
    }

    /// All bytes, at most `limit`.
    /// - Throws: ``InputError``; for a FIFO that nobody writes to as well.
    package borrowing func bytes(limit: Int = InputFile.pipeLimit) throws(InputError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(size ?? 0, limit))
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try next(into: &chunk)
            if count == 0 { break }
            guard bytes.count + count <= limit else {
                throw InputError(path, "is larger than \(limit) bytes", .content, advice: "give a smaller file")
            }
            bytes.append(contentsOf: chunk[0..<count])
        }
        guard size != nil || !bytes.isEmpty else {
            throw InputError(path, "is a FIFO (named pipe) that nothing is written to", .kind, advice: "a file is needed")
        }
        return bytes
    }

    /// Reads what comes next into `chunk`, from its start; waits for a pipe whose writer is not done.
    /// - Returns: how many bytes; 0 at the end.
    /// - Throws: ``InputError``.
    package borrowing func next(into chunk: inout [UInt8]) throws(InputError) -> Int {
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count >= 0 { return count }
            if errno == EAGAIN {
                var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                _ = poll(&wait, 1, -1)
            } else if errno != EINTR {
                throw .system(path, "cannot be read")
            }
        }
    }

    /// The bytes of the file at `path`, at most `limit`.
    /// - Throws: ``InputError``.
    package static func bytes(_ path: String, limit: Int = InputFile.pipeLimit) throws(InputError) -> [UInt8] {
        try InputFile(path).bytes(limit: limit)
    }

    /// The first `count` bytes of the file at `path`, or all if it has fewer; none of a pipe, whose bytes come once.
    /// - Throws: ``InputError``.
    package static func head(_ path: String, count: Int = FileKind.headCount) throws(InputError) -> [UInt8] {
        let file = try InputFile(path)
        guard let size = file.size else { return [] }
        var bytes = [UInt8](repeating: 0, count: min(size, count))
        let read = pread(file.descriptor, &bytes, bytes.count, 0)
        guard read >= 0 else { throw .system(path, "cannot be read") }
        return Array(bytes[..<read])
    }

    /// The text of the file at `path`, without a byte order mark.
    /// - Throws: ``InputError``; for bytes that are no UTF-8 as well.
    package static func text(_ path: String, limit: Int = 256 << 20) throws(InputError) -> String {
        let bytes = try bytes(path, limit: limit)
        let kind = FileKind(bytes)
        // Pages that stand for a file are text too; other kinds are told by their words, which a text may begin with.
        if let kind, [.gitLFSPointer, .html, .zeros].contains(kind) { throw .foreign(path, kind) }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        guard let text = String(validating: bytes.starts(with: mark) ? bytes.dropFirst(3) : bytes[...], as: UTF8.self) else {
            throw kind.map { .foreign(path, $0) } ?? InputError(path, "is no text in UTF-8", .content, advice: "save it as UTF-8")
        }
        return text
    }
}

extension InputError {
    /// That a file is something else than text.
    static func foreign(_ path: String, _ kind: FileKind) -> InputError {
        InputError(path, "is \(kind.title); text in UTF-8 is needed", .content, advice: kind.remedy ?? "check the path")
    }

    /// With the reason of the system call that has just failed.
    static func system(_ path: String, _ what: String, _ number: Int32 = errno) -> InputError {
        let isMissing = number == ENOENT || number == ENOTDIR
        let advice = number == EACCES || number == EPERM ? "check its permissions" : isMissing ? "check the path" : "check the file"
        return InputError(path, "\(what): \(String(cString: strerror(number)))", isMissing ? .missing : .refused, advice: advice)
    }
}
