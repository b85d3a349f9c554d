import Foundation
import Synchronization

/// Files under a temporary name on their way to their own, so that nobody ever sees half a result.
enum TemporaryFiles {
    private static let pending = Mutex<Set<String>>([])

    /// Calls `write` with a name beside `path` and renames what it wrote to `path`; removes it if `write` fails.
    /// The temporary name ends as `path` does, for writers that look at the suffix.
    /// - Throws: what `write` throws, or `TesseraError` naming the file.
    static func replace(_ path: String, _ write: (String) throws -> Void) throws {
        let url = URL(fileURLWithPath: path)
        let temporary = url.deletingLastPathComponent().appendingPathComponent(
            ".\(getpid())-\(UInt32.random(in: 0 ... .max)).\(url.lastPathComponent)"
        ).path
        pending.withLock { _ = $0.insert(temporary) }
        defer { pending.withLock { _ = $0.remove(temporary) } }
        do {
            try write(temporary)
            guard rename(temporary, path) == 0 else {
                throw Refusal.resources("\(path) cannot be written: \(String(cString: strerror(errno))); choose another place")
            }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Writes `text` to `path`.
    static func write(_ text: String, to path: String) throws {
        try replace(path) { temporary in
            guard FileManager.default.createFile(atPath: temporary, contents: Data(text.utf8)) else {
                throw Refusal.resources("\(path) cannot be written; check that its folder exists and may be written to")
            }
        }
    }

    /// Removes what is not finished; for a process that is about to end.
    static func removeAll() {
        for path in pending.withLock({ $0 }) { unlink(path) }
    }
}
