import Files
import Formats
import Foundation
import Glibc

/// Samples that were passed over, in a file of lines `unit TAB sample TAB reason`; it is there only if there are any.
final class SkipLog {
    let path: String
    private(set) var isWritten: Bool
    /// Lines of earlier runs that still hold.
    let kept: Int

    /// Keeps the lines that earlier runs wrote about units that are finished; the others are tried again, or are no more.
    init(_ settings: DatasetSettings, _ plan: DatasetPlan) throws {
        let lines = Lines(settings)
        let open = Set(plan.units.map(\.path))
        let kept = lines.all.filter { line in
            let unit = DatasetPlan.Unit(path: Lines.unit(line), problem: nil)
            return !open.contains(unit.path) && DatasetPath.exists(DatasetPath.join(settings.outputPath, unit.output))
        }
        (path, self.kept) = (lines.path, kept.count)
        isWritten = !kept.isEmpty
        if kept.isEmpty { unlink(path) }
        guard !kept.isEmpty, kept.count < lines.all.count else { return }
        let text = Array(kept.map { $0 + "\n" }.joined().utf8)
        try AtomicFile.write(to: path) { (file) throws(CheckpointError) in try file.append(text) }
    }

    /// What earlier runs wrote.
    struct Lines {
        let path: String
        let all: [Substring]

        init(_ settings: DatasetSettings) {
            let part = settings.part
            let name = part.count == 1 ? "skipped.tsv" : "skipped-\(part.index)-of-\(part.count).tsv"
            path = DatasetPath.join(settings.outputPath, name)
            all = (try? InputFile.text(path))?.split(separator: "\n") ?? []
        }

        static func unit(_ line: Substring) -> String { String(line.prefix { $0 != "\t" }) }

        /// Samples by unit.
        var samples: [String: Set<String>] {
            var found: [String: Set<String>] = [:]
            for line in all {
                let fields = line.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
                if fields.count == 3 { found[String(fields[0]), default: []].insert(String(fields[1])) }
            }
            return found
        }
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
