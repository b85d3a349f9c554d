import FourM
import FourMData
import FourMModels
import Hub
import Jobs
import Passes

/// `tessera tokenize … --dataset ROOT`: runs the job and says what came of it.
struct DatasetRun {
    let job: DatasetJob
    let part: DatasetSettings.Part
    let isStrict: Bool
    let json: Bool

    func count() throws {
        let count = try job.count()
        if json { return try Output.writeJSON(count) }
        let part = part.count > 1 ? " of part \(part.index)/\(part.count)" : ""
        let isShards = count.layout == .shards
        Output.line(
            "\(count.total.of(isShards ? "shard" : "file")); \(count.finished) done and \(count.left) left\(part)"
                + (isShards ? ", with \(count.samplesLeft.of("sample"))" : ""))
    }

    func run() throws {
        let report = try job.run()
        try show(report)
        guard let skips = DatasetJob.skips(report) else { return }
        let isIncomplete = report.skippedUnits > 0 || report.samples + report.finishedBefore == 0
        if isStrict || isIncomplete { throw Refusal.content(skips) }
        Terminal.warn(skips)
    }

    private func show(_ report: DatasetReport) throws {
        if json { return try Output.writeJSON(report) }
        let units = report.layout == .shards ? " in \(report.finished.of("shard"))" : ""
        let before = report.finishedBefore > 0 ? "; \(report.finishedBefore) done before" : ""
        let tokens = report.tokens.map { ", \(report.pictures.of("crop")) of \($0) tokens" } ?? ""
        Output.line("\(report.output): \(report.samples.of("sample"))\(units)\(tokens)\(before)")
        if let crops = report.cropSettings, report.samples > 0 { Output.line("crop settings: \(crops)") }
    }
}
