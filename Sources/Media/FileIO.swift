import Glibc

/// Whole files in and out, with errors that name the file.
enum FileIO {
    /// The bytes of `path`, at most `limit` of them.
    static func read(_ path: String, limit: Int = ImageLimits.maxFileBytes) throws -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path, "cannot be opened", "check the path and its permissions") }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure(path, "cannot be examined", "check the file") }
        if status.st_mode & S_IFMT == S_IFDIR {
            throw MediaError(.file, file: path, "is a folder", remedy: "name a PNG or JPEG file")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(max(0, min(Int(status.st_size), limit)))
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure(path, "cannot be read", "check the disk and the file") }
            if count == 0 { return bytes }
            guard bytes.count + count <= limit else {
                throw MediaError(
                    .size, file: path, "is larger than \(limit) bytes", remedy: "use a smaller picture file")
            }
            bytes.append(contentsOf: chunk[0..<count])
        }
    }

    /// Writes `bytes` to a temporary file beside `path` and renames it, so that no reader sees half a file.
    static func write(_ bytes: [UInt8], to path: String) throws {
        let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
        let temporary = "\(path).\(suffix).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            throw failure(path, "cannot be written", "check that the folder exists and may be written to")
        }
        let complete = bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
        let reason = errno
        let closed = close(descriptor) == 0
        guard complete, closed, rename(temporary, path) == 0 else {
            if !complete { errno = reason }
            let error = failure(path, "cannot be written", "check the free space and that the path is not a folder")
            unlink(temporary)
            throw error
        }
    }

    private static func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Bool {
        guard let base = bytes.baseAddress else { return true }
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, base + done, bytes.count - done)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }

    private static func failure(_ path: String, _ problem: String, _ remedy: String) -> MediaError {
        MediaError(.file, file: path, "\(problem): \(String(cString: strerror(errno)))", remedy: remedy)
    }
}
