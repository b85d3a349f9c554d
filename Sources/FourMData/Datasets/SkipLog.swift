import Files
import Formats
import Foundation
import Glibc
import Synchronization

/// Samples that were passed over, in files of lines `unit TAB sample TAB reason` beside the tokens: `skipped.tsv` of runs that do all, one for
/// each part of others. They are there only if there are any samples.
///
/// Lines of a unit hold until its new tokens are written: a run that is killed before leaves the old tokens, and what they lack stays known.
final class SkipLog: Sendable {
    /// Of this run.
    private let path: String
    private let folder: String
    /// Samples that earlier runs passed over, of units that this run takes as finished.
    let kept: Int
    /// Units with lines of earlier runs.
    private let known: Set<String>
    /// Lines of this run by unit.
    private let fresh = Mutex<[String: [String]]>([:])

    /// Drops lines of this part's units that have no tokens: they are tried again.
    init(_ settings: DatasetSettings, _ plan: DatasetPlan) throws {
        let lines = Lines(settings)
        (path, folder) = (lines.own, settings.outputPath)
        let hasTokens = { (line: Line) in
            FilePath.exists(FilePath.join(settings.outputPath, DatasetPlan.Unit(path: line.unit, problem: nil).output))
        }
        let open = Set(plan.units.map(\.path))
        let finished = lines.all.filter { !open.contains($0.unit) && !plan.elsewhere.contains($0.unit) && hasTokens($0) }
        kept = Set(finished.map(\.key)).count
        known = Set(lines.all.map(\.unit))
        try SkipLog.locked(folder) {
            try SkipLog.rewrite(path) { lines in lines.filter(hasTokens) }
        }
    }

    /// A file with lines, this run's own if it has some; nil if there are none.
    var place: String? { SkipLog.exists(path) ? path : SkipLog.logs(in: folder).first }

    /// - Throws: `CheckpointError` if the line cannot be written.
    func append(_ skipped: SkippedSample) throws {
        let line = [skipped.unit, skipped.sample, skipped.reason].map(SkipLog.clean).joined(separator: "\t")
        fresh.withLock { $0[skipped.unit, default: []].append(line) }
        try SkipLog.locked(folder) {
            let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
            guard descriptor >= 0 else { throw SkipLog.failure(path) }
            defer { close(descriptor) }
            let bytes = Array((line + "\n").utf8)
            guard write(descriptor, bytes, bytes.count) == bytes.count else { throw SkipLog.failure(path) }
        }
    }

    /// Notes that the tokens of `unit` are written: what earlier runs said of it holds no more.
    /// - Throws: `CheckpointError` if a log cannot be written.
    func finish(_ unit: String) throws {
        let own = fresh.withLock { $0.removeValue(forKey: unit) } ?? []
        guard known.contains(unit) else { return }
        try SkipLog.locked(folder) {
            for log in Set(SkipLog.logs(in: folder) + [path]) {
                try SkipLog.rewrite(log) { lines in
                    lines.filter { $0.unit != unit } + (log == path ? own.map { Line($0[...]) } : [])
                }
            }
        }
    }

    private static func clean(_ text: String) -> String {
        String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
    }

    private static func failure(_ path: String) -> CheckpointError {
        CheckpointError(.unwritable, file: path, "cannot be written: \(String(cString: strerror(errno)))")
    }
}

// MARK: Files

extension SkipLog {
    struct Line {
        let text: Substring
        let unit: String
        let sample: String

        init(_ text: Substring) {
            let fields = text.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
            (self.text, unit, sample) = (text, String(fields[0]), fields.count > 1 ? String(fields[1]) : "")
        }

        /// What it speaks of: killed runs may have said the same twice.
        var key: [String] { [unit, sample] }
    }

    /// What earlier runs wrote, those of all parts.
    struct Lines {
        /// The log of the run's own part.
        let own: String
        let all: [Line]

        init(_ settings: DatasetSettings) {
            let part = settings.part
            let name = part.count == 1 ? "skipped.tsv" : "skipped-\(part.index)-of-\(part.count).tsv"
            own = FilePath.join(settings.outputPath, name)
            all = SkipLog.logs(in: settings.outputPath).flatMap(SkipLog.lines)
        }

        /// Samples by unit.
        var samples: [String: Set<String>] { Dictionary(grouping: all, by: \.unit).mapValues { Set($0.map(\.sample)) } }
    }

    private static func logs(in folder: String) -> [String] {
        let files = (try? FolderListing(folder, suffixes: ["tsv"]))?.files ?? []
        return files.filter { $0.wholeMatch(of: /skipped(-\d+-of-\d+)?\.tsv/) != nil }.map { FilePath.join(folder, $0) }
    }

    private static func lines(of log: String) -> [Line] {
        (try? InputFile.text(log))?.split(separator: "\n").map { Line($0) } ?? []
    }

    private static func exists(_ path: String) -> Bool { FilePath.exists(path) }

    /// Replaces the lines of `log` by what `body` makes of them; removes it when none is left.
    private static func rewrite(_ log: String, _ body: ([Line]) -> [Line]) throws {
        let old = lines(of: log)
        let new = body(old)
        if new.isEmpty { unlink(log) }
        guard !new.isEmpty, new.map(\.text) != old.map(\.text) else { return }
        let text = Array(new.map { $0.text + "\n" }.joined().utf8)
        try AtomicFile.write(to: log) { (file) throws(CheckpointError) in try file.append(text) }
    }

    /// Runs that do other parts write to the same folder.
    private static func locked(_ folder: String, _ body: () throws -> Void) throws {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        if descriptor >= 0 { _ = DescriptorLock.take(descriptor, waits: true) }
        try body()
    }
}
