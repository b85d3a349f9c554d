import Foundation
import Synchronization

/// `BLOB.incomplete`: what has arrived of a blob, with its running checksum. It stays on disk between tries and between runs.
final class PartialFile: BodySink {
    private struct State {
        var descriptor: Int32 = -1
        var count = 0
        var check: BlobCheck?
        /// Bytes that the server added in this run.
        var received = 0
    }

    let path: String
    /// What is fetched, for messages: `ORG/NAME: FILE`.
    private let what: String
    private let blob: String
    /// Bytes of the whole blob; nil if the Hub does not say.
    private let size: Int?
    private let onProgress: @Sendable (Int) -> Void
    private let state = Mutex(State())

    init(blobPath: String, blob: String, size: Int?, what: String, onProgress: @escaping @Sendable (Int) -> Void) {
        path = blobPath + ".incomplete"
        (self.blob, self.size, self.what, self.onProgress) = (blob, size, what, onProgress)
    }

    deinit { state.withLock { if $0.descriptor >= 0 { close($0.descriptor) } } }

    /// Bytes on disk.
    var count: Int { state.withLock { $0.count } }

    /// Bytes that came over the network.
    var received: Int { state.withLock { $0.received } }

    /// Opens the file and takes in what an earlier run left of it.
    /// - Throws: ``HubError``; `CancellationError`.
    func open() throws {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard descriptor >= 0 else { throw failure() }
        state.withLock { $0 = State(descriptor: descriptor, check: BlobCheck(blob: blob, size: size)) }
        try absorb()
        if let size, count > size { try restart() }
    }

    /// Reads the file from its start into a new checksum.
    private func absorb() throws {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            try Task.checkCancellation()
            let count: Int = try state.withLock { state in
                let count = buffer.withUnsafeMutableBytes { pread(state.descriptor, $0.baseAddress, $0.count, off_t(state.count)) }
                guard count >= 0 else { throw failure() }
                buffer.withUnsafeBytes { state.check?.update(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
                state.count += count
                return count
            }
            if count == 0 { return }
            onProgress(self.count)
        }
    }

    /// Throws away what is there.
    func restart() throws(HubError) {
        try state.withLock { (state) throws(HubError) in
            guard ftruncate(state.descriptor, 0) == 0 else { throw failure() }
            (state.count, state.check) = (0, BlobCheck(blob: blob, size: size))
        }
        onProgress(0)
    }

    func begin(_ head: HTTPHead) throws {
        switch head.status {
        case 206:
            guard let range = head.contentRange, range.start == count, range.total == nil || size == nil || range.total == size else {
                throw HubError(
                    .malformed, "\(what): the server sends bytes '\(head.shown("content-range"))' where \(count)- were asked for")
            }
        default:
            if let size, let length = head.length, length != size, head["content-encoding"] == nil {
                // The page of a proxy, say, must not cost what has arrived.
                if count > 0 {
                    throw TransientError(
                        error: HubError(
                            .unreachable, "\(what): the server has \(length) bytes, and the Hub announces \(size); what had arrived is kept"
                        ))
                }
                throw HubError(.corrupt, "\(what): the server has \(length) bytes, and the Hub announces \(size); nothing was kept")
            }
            if count > 0 { try restart() }
        }
    }

    func receive(_ data: Data) throws {
        let count: Int = try state.withLock { state in
            let (total, overflows) = state.count.addingReportingOverflow(data.count)
            guard !overflows, size.map({ total <= $0 }) ?? true else {
                throw HubError(
                    .corrupt, "\(what): the server sends more than the \(size ?? 0) bytes that the Hub announces; nothing was kept")
            }
            try data.withUnsafeBytes { bytes in
                try write(bytes, to: state.descriptor, at: state.count)
                state.check?.update(bytes)
            }
            state.count = total
            state.received += data.count
            return total
        }
        onProgress(count)
    }

    private func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: Int) throws(HubError) {
        var done = 0
        while done < bytes.count, let start = bytes.baseAddress {
            let count = pwrite(descriptor, start + done, bytes.count - done, off_t(offset + done))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure() }
            done += count
        }
    }

    /// Holds the complete content against its checksum and gives it its name. Content that fails is deleted.
    /// - Returns: whether there was a checksum to hold it against.
    /// - Throws: ``HubError`` of kind `corrupt` or `unwritable`.
    func finish(as blobPath: String) throws -> Bool {
        if state.withLock({ $0.check == nil }) {
            state.withLock { ($0.check, $0.count) = (BlobCheck(blob: blob, size: $0.count), 0) }
            try absorb()
        }
        let found = state.withLock { $0.check?.checksum }
        guard found == nil || found == blob else {
            discard()
            throw HubError(
                .corrupt, "\(what): the content has the checksum \(found ?? "") where \(blob) was announced; it was deleted, pull again")
        }
        let isSynced = state.withLock { fsync($0.descriptor) == 0 }
        guard isSynced, rename(path, blobPath) == 0 else { throw failure() }
        return found != nil
    }

    func discard() { unlink(path) }

    private func failure() -> HubError {
        let advice = errno == ENOSPC ? "make room and pull again: what has arrived is kept" : "set HF_HUB_CACHE to another folder"
        return HubError(.unwritable, "\(path) cannot be written: \(String(cString: strerror(errno))); \(advice)")
    }
}
