import Foundation
import FourMData
import Inspect
import TrainingJobs

/// Runs a training as a job, and says what came of it.
struct TrainingRunner {
    let options: TrainingJobOptions
    let global: GlobalOptions
    var defaults = TrainingJobOptions.Defaults()

    /// - Parameter make: makes the task of a process, by its rank and the number of processes.
    /// - Returns: the task, as it is when all is done.
    @discardableResult
    func run<Kind: TrainingTask>(_ make: (_ rank: Int, _ size: Int) throws -> Kind) throws -> Kind {
        try global.apply()
        let processes = try TrainingProcesses(options.folder(defaults))
        do {
            let task = try make(processes.rank, processes.size)
            try run(task, processes)
            try processes.leave()
            return task
        } catch {
            throw processes.told(error)
        }
    }

    /// Names what was passed over, the first of them.
    func tell(_ damaged: DamagedSamples) {
        guard damaged.count > 0 else { return }
        global.listener.warn("\(damaged.count) damaged samples were passed over:")
        for sample in damaged.samples.prefix(10) { global.listener.warn("  \(sample.name): \(sample.reason)") }
    }

    private func run(_ task: some TrainingTask, _ processes: TrainingProcesses) throws {
        let listener: any JobListener = processes.rank == 0 ? global.listener : FollowerListener(rank: processes.rank)
        let job = TrainingJob(task, try options.settings(threads: global.threads, defaults), team: processes.team, listener: listener)
        if options.dryRun {
            let estimate = try job.estimate()
            return processes.rank == 0 ? try show(estimate) : ()
        }
        // A step may take minutes, and a checkpoint is written after it.
        Interruption.waitForWork()
        let report = try job.run()
        if processes.rank == 0 { try show(report) }
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
