import Foundation
import Inspect
import TrainingJobs

/// Runs a training as a job, and says what came of it.
struct TrainingRunner {
    let options: TrainingJobOptions
    let global: GlobalOptions

    func run(_ task: some TrainingTask) throws {
        let job = TrainingJob(task, options.settings(threads: global.threads), listener: global.listener)
        if options.dryRun { return try show(job.estimate()) }
        // A step may take minutes, and a checkpoint is written after it.
        Interruption.waitForWork()
        let report = try job.run()
        try show(report)
        if report.isStopped { throw CancellationError() }
    }

    private func show(_ estimate: TrainingEstimate) throws {
        if options.json { return try Output.writeJSON(estimate) }
        Output.table([], estimate.rows)
    }

    private func show(_ report: TrainingReport) throws {
        if options.json { return try Output.writeJSON(report) }
        let loss = report.loss.map { String(format: ", loss %.4g", $0) } ?? ""
        let best = report.bestLoss.map { loss in
            String(format: ", best evaluation %.4g after batch %d", loss, report.bestStep ?? 0)
        }
        Output.line(
            "\(report.output): batch \(report.step) of \(report.steps)\(loss)\(best ?? ""), \(Human.exact(report.amount)) \(report.unit) "
                + "in \(ProgressBar.time(report.seconds))")
        if let model = report.model { Output.line("model: \(model)") }
        if let checkpoint = report.checkpoint { Output.line("checkpoint: \(checkpoint)") }
    }
}
