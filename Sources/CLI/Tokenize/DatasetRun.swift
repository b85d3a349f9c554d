import Foundation
import FourM
import Hub
import Passes

/// `tessera tokenize … --dataset ROOT`
struct DatasetRun {
    /// A bundle, or a tokenizer: a .safetensors file or a folder as the Hub has them.
    let source: String
    let settings: DatasetSettings
    let precision: Precision
    let isStrict: Bool
    let json: Bool
    let global: GlobalOptions

    /// What `--dry-run` finds.
    private struct Count: Encodable {
        let layout: DatasetPlan.Layout
        let total: Int
        let finished: Int
        let left: Int
        let samplesLeft: Int
        let output: String
    }

    func count() throws {
        let plan = try DatasetPlan(settings)
        let samples = try plan.sampleCount(settings)
        let count = Count(
            layout: plan.layout, total: plan.total, finished: plan.finished, left: plan.units.count, samplesLeft: samples,
            output: outputPath)
        if json { return try Output.writeJSON(count) }
        let kind = plan.layout == .shards ? "shard" : "file"
        let part = settings.part.count > 1 ? " of part \(settings.part.index)/\(settings.part.count)" : ""
        Output.line(
            "\(Self.number(plan.total, kind)); \(plan.finished) done and \(plan.units.count) left\(part)"
                + (plan.layout == .shards ? ", with \(Self.number(samples, "sample"))" : ""))
    }

    func run() throws {
        let plan = try DatasetPlan(settings)
        global.note("\(Self.number(plan.units.count, plan.layout == .shards ? "shard" : "file")) to do, \(plan.finished) done before")
        let (model, path) = try tokenizer()
        let tokenizer = try DatasetTokenizer(model, settings, tokenizer: path, precision: precision.rawValue)
        let bar = ProgressBar("tokenizing")
        var skipped = SkippedInputs()
        tokenizer.onSkip = { skipped.add($0.unit + ($0.sample.isEmpty ? "" : "(\($0.sample))"), $0.reason) }
        tokenizer.onProgress = { bar.update($0.fraction, detail: DatasetRun.detail($0)) }
        let report = try tokenizer.run(plan)
        bar.finish()
        skipped.warn()
        try show(report)
        try judge(report)
    }

    private static func detail(_ progress: DatasetProgress) -> String {
        let rate = String(format: "%.1f/s", progress.samplesPerSecond)
        return number(progress.samples, "sample") + ", \(rate)" + (progress.skipped > 0 ? ", \(progress.skipped) skipped" : "")
    }

    private var outputPath: String { settings.outputRoot + (settings.outputRoot.hasSuffix("/") ? "" : "/") + settings.outputFolder }

    private func tokenizer() throws -> (TokenizerModel, path: String) {
        let path = try ModelLocation.find(source).path
        guard ModelOrBundle.isBundle(path) else {
            return (try TokenizerModel(ModelLoader.plan(path, part: .encoder, precision: precision)), path)
        }
        let bundle = try LoadedBundle(path: path, precision: precision)
        let base = settings.modality.base
        return (try bundle.tokenizer(base, part: .encoder), try bundle.bundle.tokenizerPath(base) ?? path)
    }

    private func show(_ report: DatasetReport) throws {
        if json { return try Output.writeJSON(report) }
        let units = report.layout == .shards ? " in \(Self.number(report.finished, "shard"))" : ""
        let before = report.finishedBefore > 0 ? "; \(report.finishedBefore) done before" : ""
        let tokens = report.tokens.map { ", \(Self.number(report.pictures, "crop")) of \($0) tokens" } ?? ""
        Output.line("\(report.output): \(Self.number(report.samples, "sample"))\(units)\(tokens)\(before)")
        if let crops = report.cropSettings, report.samples > 0 { Output.line("crop settings: \(crops)") }
    }

    private func judge(_ report: DatasetReport) throws {
        let parts = [
            report.skippedSamples > 0 ? Self.number(report.skippedSamples, "sample") : nil,
            report.skippedUnits > 0 ? Self.number(report.skippedUnits, "shard") : nil,
        ].compactMap { $0 }
        guard !parts.isEmpty, let log = report.skippedLog else { return }
        let message = "\(parts.joined(separator: " and ")) skipped; \(log) says which and why"
        if isStrict || report.samples + report.finishedBefore == 0 { throw Refusal.content(message) }
        Terminal.warn(message)
    }

    private static func number(_ count: Int, _ thing: String) -> String { "\(count) \(thing)\(count == 1 ? "" : "s")" }
}
