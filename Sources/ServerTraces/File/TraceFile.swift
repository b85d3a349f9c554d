import Foundation
import Tessera

/// The file that lines of spans are appended to. Belongs to one queue.
final class TraceFile {
    private let path: String
    private var descriptor: Int32
    /// Whether the end of a line is lacking: of a device, from which half a line cannot be taken back.
    private var isTorn = false

    /// - Throws: ``TesseraError`` for what cannot be opened, or is neither a file nor a device.
    init(_ path: String) throws(TesseraError) {
        self.path = path
        descriptor = try TraceFile.open(path)
    }

    deinit { close(descriptor) }

    /// Opens the path anew; the old file stays where that fails.
    /// - Throws: ``TesseraError`` as the initializer does.
    func reopen() throws(TesseraError) {
        let fresh = try TraceFile.open(path)
        close(descriptor)
        (descriptor, isTorn) = (fresh, false)
    }

    /// Appends `line`, whole or not at all.
    /// - Returns: why that failed; nil if it did not.
    func append(_ line: [UInt8]) -> String? {
        let size = length
        let bytes = isTorn ? [UInt8(ascii: "\n")] + line : line
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: written), bytes.count - written) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let reason = String(cString: strerror(count < 0 ? errno : EIO))
                if written > 0 { isTorn = size.map { ftruncate(descriptor, $0) != 0 } ?? true }
                return "\(path): \(reason)"
            }
            written += count
        }
        isTorn = false
        return nil
    }

    /// Bytes of the file; nil of a device.
    private var length: off_t? {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? status.st_size : nil
    }

    private static func open(_ path: String) throws(TesseraError) -> Int32 {
        // Of pipes nobody reads it would wait otherwise; they are refused.
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0o640)
        guard descriptor >= 0 else {
            throw TesseraError(.outOfResources, "'\(path)' cannot be written: \(String(cString: strerror(errno)))", file: path)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, [S_IFREG, S_IFCHR].contains(status.st_mode & S_IFMT) else {
            close(descriptor)
            throw TesseraError(.usage, "'\(path)' is neither a file nor a device; name a file", file: path)
        }
        return descriptor
    }
}
