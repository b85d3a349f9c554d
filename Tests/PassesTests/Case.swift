import Foundation
import IR
import Passes
import Testing

/// A fixture `Tests/Cases/<rule>/<name>.ir`: a module before and after, separated by a line `# ---`.
///
/// Files that begin with `not-` are near misses, which must stay as they are.
struct Case: Sendable, CustomTestStringConvertible {
    let rule: String
    let url: URL

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Cases")

    /// Folder of the cases that run the whole clean pipeline.
    static let pipelineFolder = "pipeline-clean"

    static let all: [Case] = {
        let rules = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return rules.sorted().flatMap { rule -> [Case] in
            let path = folder.appendingPathComponent(rule).path
            let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            return files.filter { $0.hasSuffix(".ir") }.sorted().map {
                Case(rule: rule, url: folder.appendingPathComponent(rule).appendingPathComponent($0))
            }
        }
    }()

    /// `TESSERA_UPDATE_CASES=1` rewrites the second half of every case.
    static let isUpdating = ProcessInfo.processInfo.environment["TESSERA_UPDATE_CASES"] == "1"

    var isNearMiss: Bool { url.lastPathComponent.hasPrefix("not-") }

    var testDescription: String { "\(rule)/\(url.lastPathComponent)" }

    /// Those whose rules have cases.
    static let pipelines: [Pipeline] = [.clean, .precision(.bf16), .precision(.int8), .precision(.int4), .lower()]

    var pipeline: Pipeline? {
        rule == Case.pipelineFolder ? .clean : Case.pipelines.lazy.compactMap { $0.only(rule) }.first
    }

    var promise: Promise {
        Case.pipelines.flatMap(\.transformations).first { $0.name == rule }?.promise ?? .rounding
    }

    private static let separator = "\n# ---\n"

    func read() throws -> (before: String, after: String?) {
        let text = try String(contentsOf: url, encoding: .utf8)
        guard let range = text.range(of: Case.separator) else { return (text, nil) }
        return (String(text[..<range.lowerBound]), String(text[range.upperBound...]))
    }

    func write(before: String, after: String) throws {
        let trimmed = before.trimmingCharacters(in: .newlines)
        try (trimmed + Case.separator + after).write(to: url, atomically: true, encoding: .utf8)
    }
}
