import Foundation

/// An exclusive lock on a file (flock), as huggingface_hub's Python takes them: let go when the object or the process ends.
final class FileLock {
    private let descriptor: Int32

    private init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Waits until nobody else holds the lock; calls `onWait` once if that takes time.
    /// - Throws: ``HubError`` of kind `unwritable`; `CancellationError`.
    static func acquire(_ path: String, onWait: () -> Void) async throws -> FileLock {
        try DiskItem.makeFolder((path as NSString).deletingLastPathComponent)
        var hasWaited = false
        while true {
            if let lock = try attempt(path) { return lock }
            if !hasWaited { onWait() }
            hasWaited = true
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private static func attempt(_ path: String) throws(HubError) -> FileLock? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o664)
        guard descriptor >= 0 else { throw failure(path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            // File systems without locks do without: the checksum finds out when two have written.
            if [ENOLCK, ENOSYS, EOPNOTSUPP].contains(errno) { return FileLock(descriptor) }
            let isHeld = errno == EWOULDBLOCK || errno == EINTR
            let error = failure(path)
            close(descriptor)
            if isHeld { return nil }
            throw error
        }
        // Whoever held it may have removed the file meanwhile; a lock on a removed file keeps nobody out.
        var (mine, current) = (stat(), stat())
        guard fstat(descriptor, &mine) == 0, stat(path, &current) == 0, mine.st_ino == current.st_ino else {
            close(descriptor)
            return nil
        }
        return FileLock(descriptor)
    }

    private static func failure(_ path: String) -> HubError {
        HubError(.unwritable, "\(path) cannot be locked: \(String(cString: strerror(errno))); set HF_HUB_CACHE to another folder")
    }
}
