import Foundation
import IR
import Runtime

/// Runs the cases of one kind.
package protocol CaseRunner: Sendable {
    static var kinds: [String] { get }

    /// Computes what the case asks for and holds it against its references.
    /// - Throws: ``UnsupportedCase``, or any error, which fails the case.
    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws
}

/// The verdict on one case.
package struct CaseResult: Sendable {
    package enum Verdict: String, Sendable {
        case pass = "PASS"
        case fail = "FAIL"
        case unsupported = "UNSUPPORTED"
    }

    package let folder: String
    package let kind: String
    package let verdict: Verdict
    /// Largest error, or the reason.
    package let detail: String
    package let seconds: Double

    /// `PASS|FAIL|UNSUPPORTED <folder> <largest error or reason>`
    package var line: String { "\(verdict.rawValue) \(folder) \(detail)" }
}

package enum Conformance {
    /// Who runs which kind of case.
    package static let runners: [any CaseRunner.Type] = [
        ForwardRunner.self, GenerationRunner.self, MultiGuidedRunner.self, ScheduleRunner.self, SamplingFilterRunner.self,
        SchedulerRunner.self, TextRunner.self, ImageRunner.self, DepthNormalRunner.self, TokenizerRunner.self,
        DiffusionRunner.self, CheckpointRunner.self, AliasRunner.self, MetadataRunner.self, CorruptRunner.self, PickleRunner.self,
        WordPieceTrainingRunner.self, MaskingExactRunner.self, MaskingStatisticsRunner.self, TrainingScheduleRunner.self,
        LossRunner.self, StepsRunner.self, AdapterRunner.self, CodebookStepRunner.self, DiffusionStepRunner.self,
    ]

    /// Runs the case in `folder`.
    package static func run(_ folder: URL) -> CaseResult {
        let start = ContinuousClock.now
        var kind = ""
        func result(_ verdict: CaseResult.Verdict, _ detail: String) -> CaseResult {
            CaseResult(folder: folder.path, kind: kind, verdict: verdict, detail: detail, seconds: (ContinuousClock.now - start).seconds)
        }
        do {
            let golden = try GoldenCase(folder: folder)
            kind = golden.kind
            guard let runner = runners.first(where: { $0.kinds.contains(golden.kind) }) else {
                return result(.unsupported, "kind '\(golden.kind)' is not known")
            }
            var report = CaseReport(tolerance: golden.tolerance)
            try runner.run(golden, &report)
            if let first = report.failures.first {
                let more = report.failures.count > 1 ? " (and \(report.failures.count - 1) more)" : ""
                return result(.fail, first.replacing("\n", with: " ") + more)
            }
            if report.comparisons == 0 { return result(.fail, "nothing was compared") }
            let error = report.largestError
            return result(.pass, error.name.isEmpty ? "exact" : "\(String(format: "%.3g", error.value)) in \(error.name)")
        } catch let error as UnsupportedCase {
            return result(.unsupported, error.description)
        } catch {
            return result(.fail, "\(error)".replacing("\n", with: " "))
        }
    }
}
