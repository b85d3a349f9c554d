import Glibc
import IR

/// Writes a file under a temporary name beside its target and renames it when it is complete, so that readers see the
/// old file or the whole new one.
package struct AtomicFile: ~Copyable {
    private let descriptor: Int32
    private let path: String

    /// - Throws: what `body` throws, or ``CheckpointError`` of kind `unwritable`; the target is then untouched.
    package static func write(
        to path: String, _ body: (borrowing AtomicFile) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        _ = try write(to: path, replacing: true, body)
    }

    /// As ``write(to:_:)``, but leaves a file that is already there, also one that appears meanwhile; false then.
    package static func writeNew(
        to path: String, _ body: (borrowing AtomicFile) throws(CheckpointError) -> Void
    ) throws(CheckpointError) -> Bool {
        try write(to: path, replacing: false, body)
    }

    private static func write(
        to path: String, replacing: Bool, _ body: (borrowing AtomicFile) throws(CheckpointError) -> Void
    ) throws(CheckpointError) -> Bool {
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw CheckpointError(.unwritable, file: path, "is not a path")
        }
        let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max)).part"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw systemError("cannot be written", path) }
        var complete = false
        defer { if !complete { unlink(temporary) } }
        do throws(CheckpointError) {
            try body(AtomicFile(descriptor: descriptor, path: path))
        } catch {
            close(descriptor)
            throw error
        }
        let synced = fsync(descriptor) == 0
        guard close(descriptor) == 0, synced else { throw systemError("cannot be completed", path) }
        if !replacing {
            // A second name fails where rename would replace; file systems without hard links are asked first instead.
            if link(temporary, path) == 0 { return true }
            if errno == EEXIST || FilePath.exists(path) { return false }
        }
        guard rename(temporary, path) == 0 else { throw systemError("cannot be replaced", path) }
        complete = true
        return true
    }

    /// Appends all of `bytes`.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
            let count = Glibc.write(descriptor, piece.baseAddress, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw AtomicFile.systemError("cannot be written", path) }
            rest = rest.dropFirst(count)
        }
    }

    func append(_ slice: ByteSlice) throws(CheckpointError) {
        try slice.withBytes { (bytes) throws(CheckpointError) in try append(bytes) }
    }

    package func append(_ bytes: [UInt8]) throws(CheckpointError) {
        var failure: CheckpointError?
        bytes.withUnsafeBytes { buffer in
            do throws(CheckpointError) { try append(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private static func systemError(_ what: String, _ path: String) -> CheckpointError {
        CheckpointError(.unwritable, file: path, "\(what): \(String(cString: strerror(errno)))")
    }
}
