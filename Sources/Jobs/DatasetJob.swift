import FourM
import FourMData
import FourMModels
import Hub
import Inspect
import Passes

/// Tokenizes one modality of a data set with a bundle's tokenizer, or with a tokenizer alone.
package struct DatasetJob {
    /// A bundle, or a tokenizer: a .safetensors file or a folder as the Hub has them.
    private let source: String
    private let settings: DatasetSettings
    private let precision: PrecisionPolicy
    private let listener: any JobListener

    package init(_ source: String, _ settings: DatasetSettings, precision: PrecisionPolicy, listener: any JobListener) {
        (self.source, self.settings, self.precision, self.listener) = (source, settings, precision, listener)
    }

    /// What there is to do.
    package struct Count: Encodable {
        package let layout: DatasetPlan.Layout
        package let total: Int
        package let finished: Int
        package let left: Int
        package let samplesLeft: Int
        package let output: String
    }

    /// Counts, and does nothing.
    package func count() throws -> Count {
        let plan = try DatasetPlan(settings)
        let folder = settings.outputRoot + (settings.outputRoot.hasSuffix("/") ? "" : "/") + settings.outputFolder
        return Count(
            layout: plan.layout, total: plan.total, finished: plan.finished, left: plan.units.count,
            samplesLeft: plan.sampleCount(settings), output: folder)
    }

    /// Tokenizes what is not done yet; samples that cannot be read are skipped and told of.
    package func run() throws -> DatasetReport {
        let plan = try DatasetPlan(settings)
        listener.detail(
            "\(plan.units.count.of(plan.layout == .shards ? "shard" : "file")) to do, \(plan.finished) done before")
        if !plan.others.isEmpty { listener.note("\(settings.modality.folder): left out \(plan.others)") }
        let (model, path) = try tokenizer()
        let tokenizer = try DatasetTokenizer(model, settings, tokenizer: path, precision: precision.description)
        let bar = listener.progress("tokenizing")
        var skipped = SkippedInputs()
        tokenizer.onSkip = { skipped.add($0.unit + ($0.sample.isEmpty ? "" : "(\($0.sample))"), $0.reason) }
        tokenizer.onProgress = { bar.update($0.fraction, detail: DatasetJob.detail($0)) }
        let report = try tokenizer.run(plan)
        bar.finish()
        skipped.tell(listener.warn)
        return report
    }

    /// What was skipped, in words; nil if nothing was.
    package static func skips(_ report: DatasetReport) -> String? {
        let parts = [
            report.skippedSamples > 0 ? report.skippedSamples.of("sample") : nil,
            report.skippedUnits > 0 ? report.skippedUnits.of("shard") : nil,
        ].compactMap { $0 }
        let now = parts.isEmpty ? nil : "\(parts.joined(separator: " and ")) skipped"
        let earlier = report.skippedEarlier > 0 ? "\(report.skippedEarlier.of("sample")) skipped by earlier runs" : nil
        let all = [now, earlier].compactMap { $0 }.joined(separator: ", ")
        guard !all.isEmpty, let log = report.skippedLog else { return nil }
        return "\(all); \(log) says which and why"
    }

    private static func detail(_ progress: DatasetProgress) -> String {
        let rate = "\((progress.samplesPerSecond * 10).rounded() / 10)/s"
        return progress.samples.of("sample") + ", \(rate)" + (progress.skipped > 0 ? ", \(progress.skipped) skipped" : "")
    }

    private func tokenizer() throws -> (TokenizerModel, path: String) {
        let path = try ModelLocation.find(source).path
        guard Bundle.isBundle(path) else {
            return (try TokenizerModel(ModelLoader.plan(path, part: .encoder, precision: precision)), path)
        }
        let bundle = try LoadedBundle(path: path, precision: precision)
        let base = settings.modality.base
        return (try bundle.tokenizer(base, part: .encoder), try bundle.bundle.tokenizerPath(base) ?? path)
    }
}

extension Int {
    /// `1 sample`, `2 samples`.
    package func of(_ thing: String) -> String { "\(self) \(thing)\(self == 1 ? "" : "s")" }
}
