import Files
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
    private let precision: PrecisionPolicy
    /// Title of contact sheets; nil takes the bundle's name.
    private let title: String?
    /// Looks at the settings of both stages before anything is sampled, and throws what is wrong with them.
    private let check: (GenerationSettings, GenerationSettings?, GenerationRequest, Generator) throws -> Void

    package init(
        _ prototype: GenerationRequest, precision: PrecisionPolicy = .f32, title: String? = nil, listener: any JobListener,
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
        /// Removes the results that are there.
        package var overwrites = false
        package var finishedWeight = 1.0
        package var samPasses = 1
        /// Files of the masks of inputs, by modality.
        package var masks: [String: String] = [:]
        package var superResolves = true

        package init(bundle: String, output: URL) {
            self.bundle = bundle
            self.output = output
        }
    }

    /// What was made, and what could not be.
    package struct Results {
        /// One for each sample and variation, those that `--resume` skipped included.
        package var records: [ResultWriter.Record]
        package var skipped: [SkippedSample]

        /// - Throws: ``WorkError`` if not all samples were made.
        package func check() throws {
            guard !skipped.isEmpty else { return }
            let all = skipped.count + Set(records.map(\.sample)).count
            throw WorkError("\(skipped.count) of \(all) inputs could not be used; the others are written", .content)
        }
    }

    /// Generates and writes. Of a list of samples those whose inputs cannot be used are left out.
    package func run(_ task: Task) throws -> Results {
        guard !task.output.path.isEmpty else { throw WorkError("the output must name a folder") }
        // Every generation ends with a contact sheet.
        try TextFont.checkLibrary()
        try checkInputs(task)
        try checkOverwritten(task)
        let folder = try ResultFolder(task.output.path)
        return try withExtendedLifetime(folder) { try write(task) }
    }

    /// Results beside inputs would be inputs the next time.
    private func checkInputs(_ task: Task) throws {
        let output = task.output.resolvingSymlinksInPath().standardizedFileURL.path
        for file in task.inputs.files {
            let folder = URL(fileURLWithPath: file).deletingLastPathComponent().resolvingSymlinksInPath().standardizedFileURL.path
            guard folder == output else { continue }
            throw WorkError(
                "the output \(task.output.relativePath) is the folder of the input \(file), and results beside inputs would be taken for "
                    + "inputs; name another, such as \(task.output.appendingPathComponent("out").relativePath)")
        }
    }

    /// What is overwritten goes before all is read.
    private func checkOverwritten(_ task: Task) throws {
        guard task.overwrites else { return }
        let real = { (path: String) in URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path }
        let output = FilePath.join(real(task.output.path), "")
        let removed = Set(EarlierResults(in: task.output).files.map(real))
        let read = task.inputs.files + [task.inputs.promptFile].compactMap { $0 } + task.masks.values.sorted() + task.settings.files
        guard let lost = read.first(where: { real($0).hasPrefix(output) || removed.contains(real($0)) }) else { return }
        throw WorkError(
            "--overwrite would remove what the output \(task.output.relativePath) holds, and \(lost), which is read, lies in it; copy it "
                + "elsewhere, or name another output")
    }

    private func write(_ task: Task) throws -> Results {
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
        run.frame.masks = request.masks.isEmpty ? nil : request.masks.compactMapValues { $0.first?.name("the mask") }
        run.frame.options = request.options(bundle)
        run.frame.superResolution = try generator.superResolutionSettings(request)
        try check(run.frame.settings, run.frame.superResolution, request, generator)
        run.writer.title = title ?? bundle.bundle.name
        if run.frame.superResolution == nil, task.settings.superResolution != nil {
            listener.warn("no super-resolution: nothing that is given or generated has a 448-pixel version, or it was turned off")
        }
        try run.checkEarlier()
        try run.findFinished()
        try generate(generator, &run)
        try tell(bundle, generator)
        return Results(records: run.sortedRecords, skipped: run.skipped)
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
        request.masks = task.masks.mapValues { [.file($0)] }
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
        var faults: [(Int, any Error)] = []
        let onFault = folders.isList ? { faults.append(($0, $1)) } : nil as ((Int, any Error) -> Void)?
        try generator.run(run.request, run.inputs.sources, skipping: { finished.contains($0) }, onFault: onFault) { result in
            try run.write(result)
            written += 1
        }
        bar.finish()
        for (sample, error) in faults { try run.skip(sample, error) }
        try run.writeOverview()
        tell(run.skipped)
        if run.sortedRecords.isEmpty, let only = run.skipped.first {
            throw WorkError(run.skipped.count == 1 ? only.error : "none of the \(run.skipped.count) inputs can be used", .content)
        }
    }

    private func tell(_ samples: [SkippedSample]) {
        var skipped = SkippedInputs()
        for sample in samples { skipped.add(sample.inputs.values.sorted().joined(separator: ", "), sample.error) }
        skipped.tell(listener.warn)
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
