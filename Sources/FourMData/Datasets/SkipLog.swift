import Files
import Formats
import Foundation
import Glibc

/// Samples that were passed over, in a file of lines `unit TAB sample TAB reason`; it is there only if there are any.
final class SkipLog {
    let path: String
    private(set) var isWritten: Bool

    /// Keeps the lines that earlier runs wrote about units which `isFinished`; the others are tried again, or are no more.
    init(folder: String, part: DatasetSettings.Part, isFinished: (_ unit: String) -> Bool) throws {
        let name = part.count == 1 ? "skipped.tsv" : "skipped-\(part.index)-of-\(part.count).tsv"
        path = DatasetPath.join(folder, name)
        isWritten = false
        guard let old = try? InputFile.text(path) else { return }
        let kept = old.split(separator: "\n").filter { isFinished(String($0.prefix { $0 != "\t" })) }
        guard !kept.isEmpty else {
            unlink(path)
            return
        }
        let text = Array(kept.map { $0 + "\n" }.joined().utf8)
        try AtomicFile.write(to: path) { (file) throws(CheckpointError) in try file.append(text) }
        isWritten = true
    }

    /// - Throws: `CheckpointError` if the line cannot be written.
    func append(_ skipped: SkippedSample) throws {
        let line = [skipped.unit, skipped.sample, skipped.reason].map(SkipLog.clean).joined(separator: "\t") + "\n"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        let bytes = Array(line.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw failure() }
        isWritten = true
    }

    private static func clean(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
    }

    private func failure() -> CheckpointError {
        CheckpointError(.unwritable, file: path, "cannot be written: \(String(cString: strerror(errno)))")
    }
}
