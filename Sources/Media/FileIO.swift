import Files
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

    /// Writes `bytes` to `path`, as `OutputFile` does.
    static func write(_ bytes: [UInt8], to path: String) throws {
        do { try OutputFile.write(bytes, to: path) } catch {
            throw MediaError(.file, file: path, error.problem, remedy: "check that its folder exists, may be written to and has room")
        }
    }

    private static func failure(_ path: String, _ problem: String, _ remedy: String) -> MediaError {
        MediaError(.file, file: path, "\(problem): \(String(cString: strerror(errno)))", remedy: remedy)
    }
}
