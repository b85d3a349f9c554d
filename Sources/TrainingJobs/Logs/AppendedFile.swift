import Files
import Glibc

/// A file that grows by whole entries while a training runs. What the disk does not take now is kept and written with the next entry, so
/// that a full disk neither ends the training nor leaves half an entry.
final class AppendedFile {
    let path: String
    private let descriptor: Int32
    /// Bytes of whole entries.
    private var size: Int
    private var pending: [UInt8] = []
    /// Called once when entries begin to wait, with the reason.
    var onTrouble: (String) -> Void = { _ in }
    private var isInTrouble = false

    /// Entries that come when so many bytes are waiting are dropped.
    private static let mostPending = 16 << 20

    /// Goes on at the end of what is there.
    /// - Throws: `OutputError`.
    init(_ path: String) throws(OutputError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw OutputError(path, "cannot be written: \(String(cString: strerror(errno)))") }
        size = Int(lseek(descriptor, 0, SEEK_END))
    }

    deinit { close(descriptor) }

    func append(_ entry: [UInt8]) {
        guard pending.count + entry.count <= AppendedFile.mostPending else { return }
        pending += entry
        flush()
    }

    private func flush() {
        var written = 0
        while written < pending.count {
            let count = pending[written...].withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, size + written) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return giveUp(String(cString: strerror(errno))) }
            written += count
        }
        size += written
        pending = []
        isInTrouble = false
    }

    /// Takes half an entry back.
    private func giveUp(_ reason: String) {
        _ = ftruncate(descriptor, size)
        if !isInTrouble { onTrouble("\(path) cannot be written: \(reason); its entries wait in memory") }
        isInTrouble = true
    }

    /// Whether all entries are in the file.
    var isComplete: Bool { pending.isEmpty }
}
