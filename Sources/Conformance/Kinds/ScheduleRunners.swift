import Foundation

/// Token-count, temperature and guidance schedules.
enum ScheduleRunner: CaseRunner {
    static let kinds = ["generation_schedules"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        guard let schedules = try JSONSerialization.jsonObject(with: golden.dataFile()) as? Parameters else {
            throw ConformanceError("\(golden.folder.path): the schedules are no JSON object")
        }
        report.add(ScheduleConformance.run(schedules: schedules, tolerance: golden.tolerance))
    }
}

/// Probabilities after top-k, top-p and temperature.
enum SamplingFilterRunner: CaseRunner {
    static let kinds = ["sampling_filter"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let (inputs, outputs) = (try golden.inputs().arrays, try golden.outputs().arrays)
        let outcome = SamplingConformance.run(caseJSON: golden.json, inputs: inputs, outputs: outputs)
        report.add(outcome)
        report.check(outcome.checks >= outputs.count, "\(outcome.checks) comparisons for \(outputs.count) outputs")
    }
}

/// Noise schedules, timesteps and steps of diffusion schedulers.
enum SchedulerRunner: CaseRunner {
    static let kinds = ["schedulers"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let (inputs, outputs) = (try golden.inputs().arrays, try golden.outputs().arrays)
        let outcome = SchedulerConformance.run(caseJSON: golden.json, inputs: inputs, outputs: outputs)
        report.add(outcome)
        report.check(outcome.checks >= outputs.count, "\(outcome.checks) comparisons for \(outputs.count) outputs")
    }
}

extension CaseReport {
    fileprivate mutating func add(_ outcome: ConformanceOutcome) {
        add(outcome.failures, checks: outcome.checks)
        addError(outcome.largestError, "all comparisons")
    }
}
