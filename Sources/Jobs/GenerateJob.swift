import Formats
import Foundation
import FourM
import FourMSampling
import FourMSettings
import Importers
import Inspect
import Media
import Passes
import Runtime

/// A whole generation as `generate` and `demo` run it: reads inputs, generates, writes folders and records.
package struct GenerateJob {
    /// The request without inputs and targets.
    private let prototype: GenerationRequest
    private let listener: any JobListener
    private let precision: Precision
    /// Title of contact sheets; nil takes the bundle's name.
    private let title: String?
    /// Looks at the settings of both stages before anything is sampled, and throws what is wrong with them.
    private let check: (GenerationSettings, GenerationSettings?, GenerationRequest, Generator) throws -> Void

    package init(
        _ prototype: GenerationRequest, precision: Precision = .f32, title: String? = nil, listener: any JobListener,
        check: @escaping (GenerationSettings, GenerationSettings?, GenerationRequest, Generator) throws -> Void
    ) {
        (self.prototype, self.precision, self.title, self.listener, self.check) = (prototype, precision, title, listener, check)
    }

    /// What to generate, and where to.
    package struct Task {
        package var bundle: String
        package var output: URL
        package var inputs = GenerateInputs()
        package var targets: [String] = []
        package var settings = SettingsFiles()
        package var stream = StreamOutput()
        /// nil takes what the settings say.
        package var seed: UInt64?
        package var variations: Int?
        package var limit: Int?
        package var resumes = false
        package var finishedWeight = 1.0
        package var samPasses = 1
        /// Masks of inputs by modality.
        package var masks: [String: String] = [:]
        package var superResolves = true

        package init(bundle: String, output: URL) {
            self.bundle = bundle
            self.output = output
        }
    }

    /// Generates and writes; one record for each sample and variation, those that `--resume` skipped included.
    package func run(_ task: Task) throws -> [ResultWriter.Record] {
        guard !task.output.path.isEmpty else { throw WorkError("the output must name a folder") }
        var inputs = task.inputs
        for line in inputs.leftOut { listener.note(line) }
        if let limit = try task.limit ?? task.settings.samples() { inputs.limit(limit) }
        let bundle = try LoadedBundle(path: task.bundle, precision: precision)
        bundle.onLoad = { what in listener.detail("loading \(what)") }
        warn(of: bundle.bundle)
        let generator = Generator(bundle)
        let request = try generator.named(request(task, inputs), inputs.sources).request
        inputs.rename(to: request)
        let settings = try generator.settings(request)
        try generator.check(request, settings, inputs.sources)
        task.settings.warnOfConditions(inputs.order.map(\.modality) + inputs.conditions.map(\.modality), listener.warn)
        let frame = ResultWriter.Record(
            bundle: bundle.bundle.folder.path, inputs: [:], settings: settings, seed: request.seed,
            threads: Machine.threads, targets: [], timings: GenerationTimings(), contactSheet: "sheet.png")
        var run = JobRun(
            listener: listener, task: task, inputs: inputs, request: request, frame: frame,
            count: try generator.sampleCount(request, inputs.sources))
        run.frame.masks = request.masks.isEmpty ? nil : request.masks
        run.frame.options = request.options(bundle)
        run.frame.superResolution = try generator.superResolutionSettings(request)
        try check(run.frame.settings, run.frame.superResolution, request, generator)
        run.writer.title = title ?? bundle.bundle.name
        if run.frame.superResolution == nil, task.settings.superResolution != nil {
            listener.warn("no super-resolution: nothing that is given or generated has a 448-pixel version, or it was turned off")
        }
        if request.samPasses > 1, !run.frame.settings.targets.contains(where: { $0.target == "sam_instance" }) {
            listener.warn("several passes have no effect: sam_instance is not generated")
        }
        try Folders.make(task.output.path)
        try run.findFinished()
        try generate(generator, &run)
        try tell(bundle, generator)
        return run.sortedRecords
    }

    private func request(_ task: Task, _ inputs: GenerateInputs) throws -> GenerationRequest {
        var request = prototype
        request.seed = try task.seed ?? task.settings.seed() ?? 0
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
        let bar = listener.progress("generating")
        let (stream, folders, total) = (run.task.stream, run.folders, run.pending)
        var written = 0
        generator.onProgress = { what, share in
            bar.update(share, detail: total > 1 ? "\(written) of \(total) written, \(what)" : what)
        }
        generator.onWarning = listener.warn
        generator.drawsDrafts = stream.folder != nil
        if stream.isActive {
            generator.onEvent = { event in
                try stream.write(event, name: folders.name(SampleKey(sample: event.sample, variation: event.variation)), listener.line)
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
        if !bundle.unusedKeys.isEmpty { listener.warn("bundle '\(bundle.name)': no effect: \(bundle.unusedKeys.joined(separator: ", "))") }
        if bundle.sources.controlNet?.isActive == true {
            listener.warn("bundle '\(bundle.name)': activate_controlnet has no effect; RGB tokens are decoded by the RGB tokenizer")
        }
    }

    private func tell(_ bundle: LoadedBundle, _ generator: Generator) throws {
        let session = try bundle.model().session
        let (weights, arena) = (session.plan.weightBytes, session.peakArenaBytes)
        listener.detail(
            "model: peak memory \(Human.bytes(weights + arena)) = weights \(Human.bytes(weights)) + arena \(Human.bytes(arena))")
        let t = generator.timings
        listener.detail(
            "seconds: load \(String(format: "%.3f", t.load)), inputs \(String(format: "%.3f", t.inputs)), sampling "
                + "\(String(format: "%.3f", t.sampling)), decoding \(String(format: "%.3f", t.decoding))")
    }
}
