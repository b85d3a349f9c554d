import Glibc

/// Keeps a second run away from an output that a first one is at work on. The lock ends with the object, and with the process however it ends.
package final class RunLock {
    private let path: String
    private let descriptor: Int32

    /// - Parameters:
    ///   - path: a file that is made for the lock and removed with it.
    ///   - output: what is kept from others, for messages.
    /// - Throws: ``OutputError`` if another run holds the lock, or the file cannot be made.
    package init(_ path: String, for output: String) throws(OutputError) {
        self.path = path
        descriptor = try RunLock.acquire(path, output)
    }

    deinit {
        unlink(path)
        close(descriptor)
    }

    private static func acquire(_ path: String, _ output: String) throws(OutputError) -> Int32 {
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { throw .system(output, "cannot be written") }
            if !DescriptorLock.take(descriptor) {
                close(descriptor)
                throw OutputError(output, "is being written by another run; wait until it ends, or name another output", .resources)
            }
            // Whoever held the lock may have removed the file meanwhile.
            var (own, current) = (stat(), stat())
            if fstat(descriptor, &own) == 0, stat(path, &current) == 0, own.st_ino == current.st_ino { return descriptor }
            close(descriptor)
        }
    }
}
