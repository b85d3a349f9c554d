import Foundation
import FourMCodecs
import FourMModels
import FourMSampling
import FourMSettings
import IR
import Media
import Runtime

/// Runs whole generations over a bundle: inputs to tokens, sampling, tokens to pictures and text.
package final class Generator {
    package let bundle: LoadedBundle
    /// Told of progress as (what is done, share of the whole).
    package var onProgress: ((String, Double) -> Void)?
    /// Told what each step has written, a call for each sample. What it throws ends the generation.
    package var onEvent: ((GenerationEvent) throws -> Void)?
    /// Told once of each thing about the inputs that may not be as it was meant.
    package var onWarning: ((String) -> Void)?
    /// What ``onWarning`` was told.
    private var warned: Set<String> = []

    func warn(_ text: String) {
        if warned.insert(text).inserted { onWarning?(text) }
    }

    /// Gives the events of image-like targets pictures of what is there so far.
    package var drawsDrafts = false
    /// Seconds of all batches together.
    package internal(set) var timings = GenerationTimings()

    /// Seconds that results have been told of.
    private var told = GenerationTimings()

    package init(_ bundle: LoadedBundle) { self.bundle = bundle }

    /// The settings that `request` leads to.
    /// - Throws: ``FourMError`` for unknown modalities; `SettingsError` for targets without a preset.
    package func settings(_ request: GenerationRequest) throws -> GenerationSettings {
        let known = try timed(\.load) { try bundle.modalities() }
        let given = request.inputs.map(\.modality)
        let guiding = given + request.conditions.map(\.modality)
        let outputs = Set(known.values.filter(\.isOutput).map(\.name))
        let listed = request.targets.isEmpty ? request.settings?.targets.map(\.target) : request.targets
        let targets = try (listed ?? PresetSettings.targets(conditions: guiding, modalities: outputs)).map {
            try ModelModality.target($0, in: Array(known.values))
        }
        var settings = try request.settings ?? PresetSettings.settings(conditions: guiding, targets: targets)
        if request.settings != nil, !request.targets.isEmpty { try Generator.select(targets, from: &settings) }
        settings.conditions = given.filter { !targets.contains($0) }
        request.overrides.apply(to: &settings)
        for index in settings.targets.indices { try Generator.bound(&settings.targets[index], known) }
        if !request.conditions.isEmpty { Generator.weigh(&settings, request) }
        return settings
    }

    /// Keeps `targets` of the settings, in their order.
    private static func select(_ targets: [String], from settings: inout GenerationSettings) throws {
        let known = settings.targets
        settings.targets = try targets.map { name in
            if let plan = known.first(where: { $0.target == name }) { return plan }
            throw FourMError("the settings have no target '\(name)'; they have: \(known.map(\.target).joined(separator: ", "))", .request)
        }
    }

    /// Bounds the tokens of a text by what the model has; of a grid all are decoded, since no decoder takes a part of it.
    static func bound(_ plan: inout TargetPlan, _ known: [String: ModelModality]) throws {
        guard let info = known[plan.target] else { throw FourMError("this model has no modality '\(plan.target)'", .request) }
        guard plan.tokens >= 1 else {
            throw FourMError("'\(plan.target)': tokens per target must be at least 1, not \(plan.tokens)", .request)
        }
        // A text's target also holds its start and end.
        plan.tokens = info.isSequence ? min(plan.tokens, info.maxTokens + 2) : info.maxTokens
    }

    /// Guidance by weighted conditions: theirs first, then one for each target finished before.
    private static func weigh(_ settings: inout GenerationSettings, _ request: GenerationRequest) {
        for index in settings.targets.indices {
            let finished = request.isIndependent ? 0 : index
            let weights = request.conditions.map(\.weight) + [Double](repeating: request.finishedWeight, count: finished)
            settings.targets[index].guidance = .weights(weights)
        }
    }

    /// Generates for every sample. An input with one value serves all samples; others must have one for each.
    package func run(_ request: GenerationRequest, _ values: [String: [InputValue]]) throws -> [GenerationResult] {
        var results: [GenerationResult] = []
        try run(request, values, deliver: { results.append($0) })
        return results
    }

    /// Generates the samples that `isDone` does not know, variation after variation, and hands over each batch when it is finished.
    /// - Parameter onFault: hears of each sample whose inputs cannot be used, and the others are generated; without it such a sample ends all.
    package func run(
        _ request: GenerationRequest, _ values: [String: [InputValue]], skipping isDone: (SampleKey) throws -> Bool = { _ in false },
        onFault: ((Int, any Error) throws -> Void)? = nil, deliver: (GenerationResult) throws -> Void
    ) throws {
        let (request, values) = try named(request, values)
        let count = try sampleCount(request, values)
        let keys = try (0..<count).flatMap { sample in
            try (0..<max(request.variations, 1)).map { SampleKey(sample: sample, variation: $0) }.filter { try !isDone($0) }
        }
        if keys.isEmpty { return }
        let settings = try settings(request)
        try check(request, settings, values)
        let second = try superResolution(request, settings)
        let model = try timed(\.load) { try bundle.model() }
        try checkDecoders(request, settings)
        if request.samPasses > 1, !request.conditions.isEmpty, settings.targets.contains(where: { $0.target == Batch.sam }) {
            throw FourMError("several passes over '\(Batch.sam)' cannot be guided by weighted conditions; drop one of the two", .request)
        }
        for first in stride(from: 0, to: keys.count, by: max(request.batchSize, 1)) {
            let part = keys[first..<min(first + max(request.batchSize, 1), keys.count)]
            var batch = Batch(
                generator: self, request: request, settings: settings, model: model, superResolution: second, keys: Array(part),
                first: first, total: keys.count)
            guard let inputs = try read(&batch, values, onFault) else { continue }
            let results = try batch.run(inputs)
            let spent = timings.since(told)
            told = timings
            for var result in results {
                result.timings = spent
                try deliver(result)
            }
        }
    }

    /// What a diffusion decoder cannot do is better known before the sampling than after it.
    private func checkDecoders(_ request: GenerationRequest, _ settings: GenerationSettings) throws {
        guard request.diffusionScheduler != nil || request.diffusionSteps != nil else { return }
        for decoder in try decoders(request, settings) { try decoder.checkScheduler(diffusionOptions(request, [])) }
    }

    /// The tokenizers, loaded, that decode the image-like targets of `settings`.
    package func decoders(_ request: GenerationRequest, _ settings: GenerationSettings) throws -> [TokenizerModel] {
        let names = settings.targets.filter { $0.scheme != .autoregressive }.map(\.target)
        return try names.filter(bundle.bundle.hasTokenizer).map { name in
            try timed(\.load) { try bundle.tokenizer(name, preview: request.usesPreviewDecoders, part: .decoder) }
        }
    }

    func diffusionOptions(_ request: GenerationRequest, _ keys: [SampleKey]) -> DiffusionOptions {
        var options = DiffusionOptions()
        options.steps = request.diffusionSteps ?? bundle.bundle.sources.detokenizerSteps
        (options.scheduler, options.mode, options.guidance) = (request.diffusionScheduler, request.diffusionMode, request.diffusionGuidance)
        (options.seed, options.rows) = (request.seed, keys)
        return options
    }

    /// Number of samples: as many as the longest input or list of masks has values.
    package func sampleCount(_ request: GenerationRequest, _ values: [String: [InputValue]]) throws -> Int {
        let guiding = request.conditions.enumerated().map { ($1.modality, request.conditionValues?[$0].count ?? $1.values.count) }
        let masks = request.masks.map { ("masks of \($0.key)", $0.value.count) }
        let all = values.map { ($0.key, $0.value.count) } + guiding + masks
        let counts = Set(all.map(\.1).filter { $0 != 1 })
        guard counts.count <= 1, !counts.contains(0) else {
            throw FourMError(
                "the inputs have different numbers of samples: \(all.map { "\($0.0) \($0.1)" }.sorted().joined(separator: ", "))", .request)
        }
        return counts.first ?? 1
    }

    func timed<T>(_ part: WritableKeyPath<GenerationTimings, Double>, _ body: () throws -> T) rethrows -> T {
        let start = ContinuousClock.now
        defer { timings[keyPath: part] += (ContinuousClock.now - start).seconds }
        return try body()
    }
}

extension GenerationTimings {
    func since(_ earlier: GenerationTimings) -> GenerationTimings {
        var made = self
        made.load -= earlier.load
        made.inputs -= earlier.inputs
        made.sampling -= earlier.sampling
        made.decoding -= earlier.decoding
        return made
    }
}
