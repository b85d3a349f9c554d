import Foundation
import IR
import Passes
import TestSupport
import Testing

/// A fixture of a rule.
///
/// Files that begin with `not-` are near misses, which must stay as they are.
struct Case: Sendable, CustomTestStringConvertible {
    let file: CaseFile
    var rule: String { file.rule }
    var url: URL { file.url }

    /// Folder of the cases that run the whole clean pipeline.
    static let pipelineFolder = "pipeline-clean"

    static let all = CaseFile.all.map { Case(file: $0) }

    /// `TESSERA_UPDATE_CASES=1` rewrites the second half of every case.
    static let isUpdating = ProcessInfo.processInfo.environment["TESSERA_UPDATE_CASES"] == "1"

    var isNearMiss: Bool { url.lastPathComponent.hasPrefix("not-") }

    var testDescription: String { file.description }

    /// Those whose rules have cases.
    static let pipelines: [Pipeline] = [.clean, .precision(.bf16), .precision(.int8), .precision(.int4), .lower(), .gradient(), .bf16Products]

    var pipeline: Pipeline? {
        rule == Case.pipelineFolder ? .clean : Case.pipelines.lazy.compactMap { $0.only(rule) }.first
    }

    var promise: Promise {
        Case.pipelines.flatMap(\.transformations).first { $0.name == rule }?.promise ?? .rounding
    }

    func read() throws -> (before: String, after: String?) { try file.read() }

    func write(before: String, after: String) throws {
        let trimmed = before.trimmingCharacters(in: .newlines)
        try (trimmed + CaseFile.separator + after).write(to: url, atomically: true, encoding: .utf8)
    }
}
