import Glibc
import Synchronization

/// The one way to write a file.
///
/// A regular file appears under its name when it is complete: it is written under a temporary name in its folder and renamed, so that readers
/// see the old file or the whole new one. It keeps its mode and owner, and a link keeps pointing to it. A file that is mounted by itself or
/// lies in a closed folder cannot be replaced, and is written through. `-` is standard output; devices, FIFOs and streams such as `/dev/stdout`
/// are written through too.
package struct OutputFile: ~Copyable {
    package let descriptor: Int32
    /// As the user gave it.
    package let path: String

    /// For writers that bring errors of their own; closes nothing.
    package init(descriptor: Int32, path: String) { (self.descriptor, self.path) = (descriptor, path) }

    /// Temporary files that are being written, for ``removeUnfinished()``.
    private static let pending = Mutex<Set<String>>([])

    /// Writes what `body` appends to `path`.
    /// - Parameters:
    ///   - isDurable: whether the bytes must have reached the disk before the file gets its name.
    ///   - isNew: leaves a file that is already there, also one that appears meanwhile; false then.
    /// - Throws: what `body` throws, or ``OutputError``; a regular file is then untouched.
    @discardableResult
    package static func write(
        to path: String, isDurable: Bool = false, isNew: Bool = false, _ body: (borrowing OutputFile) throws(OutputError) -> Void
    ) throws(OutputError) -> Bool {
        switch try OutputPlace(path) {
        case .descriptor(let number):
            try stream(dup(number), path, body)
            return true
        case .special(let target):
            try stream(open(target, O_WRONLY | O_CLOEXEC), path, body)
            return true
        case .inPlace(let target):
            if isNew { return false }
            try stream(open(target, O_WRONLY | O_TRUNC | O_CLOEXEC), path, body)
            return true
        case .file(let target, let mode, let owner):
            let temporary = OutputFile.temporaryName(beside: target)
            pending.withLock { _ = $0.insert(temporary) }
            defer { pending.withLock { _ = $0.remove(temporary) } }
            let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { throw .system(path, "cannot be written") }
            // Tells ``removeAbandoned(in:)`` that somebody is at work on it.
            _ = flock(descriptor, LOCK_EX | LOCK_NB)
            // Of another owner's file only root can keep the owner; others go on without.
            if let owner { _ = fchown(descriptor, owner.user, owner.group) }
            if let mode { fchmod(descriptor, mode) }
            var isThere = false
            defer { if !isThere { unlink(temporary) } }
            do throws(OutputError) {
                try body(OutputFile(descriptor: descriptor, path: path))
            } catch {
                close(descriptor)
                throw error
            }
            let isSynced = !isDurable || fsync(descriptor) == 0
            guard close(descriptor) == 0, isSynced else { throw .system(path, "cannot be completed") }
            if isNew {
                // A second name fails where rename would replace; file systems without hard links are asked first instead.
                if link(temporary, target) == 0 { return true }
                if errno == EEXIST || access(target, F_OK) == 0 { return false }
            }
            if rename(temporary, target) == 0 {
                isThere = true
            } else if errno == EBUSY {
                try copy(temporary, into: target, isDurable, for: path)
            } else {
                throw .system(path, "cannot be replaced")
            }
            return true
        }
    }

    /// Writes what is in `source` through `target`, which cannot be replaced: it is a mount of its own, as containers make of single files.
    private static func copy(_ source: String, into target: String, _ isDurable: Bool, for path: String) throws(OutputError) {
        let from = open(source, O_RDONLY | O_CLOEXEC)
        guard from >= 0 else { throw .system(path, "cannot be replaced") }
        defer { close(from) }
        try stream(open(target, O_WRONLY | O_TRUNC | O_CLOEXEC), path) { (file) throws(OutputError) in
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = read(from, &chunk, chunk.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw .system(path, "cannot be replaced") }
                if count == 0 { break }
                try file.append(Array(chunk[..<count]))
            }
            guard !isDurable || fsync(file.descriptor) == 0 else { throw .system(path, "cannot be completed") }
        }
    }

    /// What `body` appends goes to `descriptor` at once, which is closed then. (Swift 6.3's optimizer crashes when it inlines this.)
    @inline(never)
    private static func stream(
        _ descriptor: Int32, _ path: String, _ body: (borrowing OutputFile) throws(OutputError) -> Void
    ) throws(OutputError) {
        guard descriptor >= 0 else { throw .system(path, "cannot be written") }
        defer { close(descriptor) }
        try body(OutputFile(descriptor: descriptor, path: path))
    }

    /// Finds out before the work, not after it, that nothing can be written to `path`. Opens and makes nothing.
    /// - Throws: ``OutputError`` as ``write(to:isDurable:isNew:_:)`` would.
    package static func check(_ path: String) throws(OutputError) { _ = try OutputPlace(path) }

    /// Writes `bytes` to `path`.
    package static func write(_ bytes: some Collection<UInt8>, to path: String) throws(OutputError) {
        let all = Array(bytes)
        try write(to: path) { (file) throws(OutputError) in try file.append(all) }
    }

    /// Writes `text` to `path` in UTF-8.
    package static func write(_ text: String, to path: String) throws(OutputError) { try write(text.utf8, to: path) }

    /// Appends all of `bytes`.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(OutputError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
            let count = Glibc.write(descriptor, piece.baseAddress, piece.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .system(path, "cannot be written") }
            rest = rest.dropFirst(count)
        }
    }

    package func append(_ bytes: [UInt8]) throws(OutputError) {
        var failure: OutputError?
        bytes.withUnsafeBytes { buffer in
            do throws(OutputError) { try append(buffer) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// Removes what is not finished; for a process that is about to end.
    package static func removeUnfinished() {
        for path in pending.withLock({ $0 }) { unlink(path) }
        OutputGroup.removeUnfinished()
    }

    /// Short whatever the name of the file: names have at most 255 bytes.
    private static func temporaryName(beside target: String) -> String {
        let folder = target.lastIndex(of: "/").map { String(target[...$0]) } ?? ""
        return folder + temporaryName()
    }

    /// A name that nothing has yet.
    static func temporaryName() -> String { ".tessera-\(getpid())-\(String(UInt64.random(in: 0 ... .max), radix: 16)).part" }
}

extension OutputError {
    /// With the reason of the system call that has just failed.
    static func system(_ path: String, _ what: String) -> OutputError {
        let cause: OutputError.Cause =
            switch errno {
            case ENOENT: .missing
            case ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG: .request
            default: .resources
            }
        return OutputError(path, "\(what): \(String(cString: strerror(errno)))", cause)
    }
}
