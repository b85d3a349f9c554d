import ArgumentParser
import Foundation
import FourM
import Importers
import Inspect
import Media
import Passes
import Runtime

/// A whole generation as `generate` and `demo` run it: reads inputs, generates, writes folders and records.
struct GenerateJob {
    let sampling: SamplingOptions
    let global: GlobalOptions
    var precision = Precision.f32
    /// Title of contact sheets; nil takes the bundle's name.
    var title: String?

    /// What to generate, and where to.
    struct Task {
        var bundle: String
        var output: URL
        var inputs = GenerateInputs()
        var targets: [String] = []
        var settings = SettingsFiles()
        var stream = StreamOutput()
        /// nil takes what the settings say.
        var seed: UInt64?
        var variations: Int?
        var limit: Int?
        var resumes = false
        var finishedWeight = 1.0
        var samPasses = 1
        /// Masks of inputs by modality.
        var masks: [String: String] = [:]
        var superResolves = true

        init(bundle: String, output: URL) {
            self.bundle = bundle
            self.output = output
        }
    }

    /// Generates and writes; one record for each sample and variation, those that `--resume` skipped included.
    func run(_ task: Task) throws -> [ResultWriter.Record] {
        guard !task.output.path.isEmpty else { throw ValidationError("--output must name a folder.") }
        var inputs = task.inputs
        if let limit = try task.limit ?? task.settings.samples() { inputs.limit(limit) }
        let bundle = try LoadedBundle(path: task.bundle, precision: precision)
        try Folders.make(task.output.path)
        bundle.onLoad = { what in global.note("loading \(what)") }
        warn(of: bundle.bundle)
        let generator = Generator(bundle)
        let request = try request(task, inputs)
        task.settings.warnOfConditions(inputs.order.map(\.modality) + inputs.conditions.map(\.modality))
        let frame = ResultWriter.Record(
            bundle: bundle.bundle.folder.path, inputs: [:], settings: try generator.settings(request), seed: request.seed,
            threads: Machine.threads, targets: [], timings: GenerationTimings(), contactSheet: "sheet.png")
        var run = JobRun(
            task: task, inputs: inputs, request: request, frame: frame, count: try generator.sampleCount(request, inputs.sources))
        run.frame.masks = task.masks.isEmpty ? nil : task.masks
        run.frame.options = request.options(bundle)
        run.frame.superResolution = try generator.superResolutionSettings(request)
        try sampling.check(run.frame.settings, run.frame.superResolution, request, generator)
        run.writer.title = title ?? bundle.bundle.name
        if run.frame.superResolution == nil, task.settings.superResolution != nil {
            Terminal.warn("no super-resolution: nothing that is given or generated has a 448-pixel version, or --no-sr was given")
        }
        if request.samPasses > 1, !run.frame.settings.targets.contains(where: { $0.target == "sam_instance" }) {
            Terminal.warn("--sam-passes has no effect: sam_instance is not generated")
        }
        try run.findFinished()
        try generate(generator, &run)
        if global.verbose { try note(bundle, generator) }
        return run.sortedRecords
    }

    private func request(_ task: Task, _ inputs: GenerateInputs) throws -> GenerationRequest {
        var request = sampling.request(seed: try task.seed ?? task.settings.seed() ?? 0)
        request.inputs = inputs.order
        request.conditions = inputs.conditions
        request.finishedWeight = task.finishedWeight
        request.targets = task.targets
        request.settings = task.settings.base
        request.superResolutionSettings = task.settings.superResolution
        request.requiresSuperResolutionConditions = task.settings.namesSuperResolutionConditions
        request.superResolves = task.superResolves
        request.variations = try task.variations ?? task.settings.variations() ?? 1
        request.samPasses = task.samPasses
        request.masks = task.masks
        request.diffusionSteps = try request.diffusionSteps ?? task.settings.diffusionSteps()
        return request
    }

    private func generate(_ generator: Generator, _ run: inout JobRun) throws {
        let bar = ProgressBar("generating")
        let (stream, folders, total) = (run.task.stream, run.folders, run.pending)
        var written = 0
        generator.onProgress = { what, share in
            bar.update(share, detail: total > 1 ? "\(written) of \(total) written, \(what)" : what)
        }
        generator.drawsDrafts = stream.folder != nil
        if stream.isActive {
            generator.onEvent = { event in
                try stream.write(event, name: folders.name(SampleKey(sample: event.sample, variation: event.variation)))
            }
        }
        let finished = run.finished
        try generator.run(run.request, run.inputs.sources, skipping: { finished.contains($0) }) { result in
            try run.write(result)
            written += 1
        }
        bar.finish()
        try run.writeOverview()
    }

    private func warn(of bundle: FourM.Bundle) {
        if !bundle.unusedKeys.isEmpty { Terminal.warn("bundle '\(bundle.name)': no effect: \(bundle.unusedKeys.joined(separator: ", "))") }
        if bundle.sources.controlNet?.isActive == true {
            Terminal.warn("bundle '\(bundle.name)': activate_controlnet has no effect; RGB tokens are decoded by the RGB tokenizer")
        }
    }

    private func note(_ bundle: LoadedBundle, _ generator: Generator) throws {
        let session = try bundle.model().session
        let (weights, arena) = (session.plan.weightBytes, session.peakArenaBytes)
        Terminal.note("model: peak memory \(Human.bytes(weights + arena)) = weights \(Human.bytes(weights)) + arena \(Human.bytes(arena))")
        let t = generator.timings
        Terminal.note(
            "seconds: load \(String(format: "%.3f", t.load)), inputs \(String(format: "%.3f", t.inputs)), sampling "
                + "\(String(format: "%.3f", t.sampling)), decoding \(String(format: "%.3f", t.decoding))")
    }
}
