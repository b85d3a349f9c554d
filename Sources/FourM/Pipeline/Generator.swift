import Foundation
import IR
import Media

/// What to generate and how, beyond the settings of each target.
public struct GenerationRequest: Sendable {
    public var inputs: [GenerationInput] = []
    /// Targets in the order of decoding; empty for everything the model can add, in the reference's order.
    public var targets: [String] = []
    /// Settings from a file; nil for the presets of the reference's demo sampler.
    public var settings: GenerationSettings?
    public var overrides = SettingOverrides()
    public var seed: UInt64 = 0
    /// Denoising steps of diffusion decoders; nil takes the bundle's.
    public var diffusionSteps: Int?
    public var diffusionScheduler: SchedulerKind?
    public var diffusionMode: TimestepMode?
    public var diffusionGuidance: DiffusionGuidance?
    /// Uses one-pass decoders where the bundle has them.
    public var usesPreviewDecoders = false
    public var ignoresOrientation = false
    /// Generates each target from the inputs alone instead of one after the other.
    public var isIndependent = false
    /// Samples computed together.
    public var batchSize = 8

    public init() {}
}

/// Settings given on the command line; they replace those of every target they apply to.
public struct SettingOverrides: Sendable {
    public var steps: Int?
    public var scheme: DecodingScheme?
    public var temperature: Double?
    public var guidance: Double?
    public var topK: TopK?
    public var topP: Double?
    /// Most tokens of a text.
    public var maxTokens: Int?

    public init() {}

    func apply(to settings: inout GenerationSettings) {
        if let topK { settings.topK = topK }
        if let topP { settings.topP = topP }
        for index in settings.targets.indices {
            var plan = settings.targets[index]
            if let temperature {
                plan.temperature = temperature
                plan.temperatureSchedule = .constant
            }
            if let guidance { plan.guidance = .single(guidance) }
            if plan.scheme == .autoregressive {
                plan.tokens = min(plan.tokens, maxTokens ?? plan.tokens)
            } else {
                if let scheme, scheme != .autoregressive { plan.scheme = scheme }
                if let steps { plan.steps = steps }
                plan.tokenSchedule = plan.tokenSchedule ?? .cosine
            }
            settings.targets[index] = plan
        }
    }
}

/// One sample's inputs as seen and everything generated for it.
public struct GenerationResult: Sendable {
    /// Given pictures by modality.
    public var inputPictures: [(modality: String, picture: ByteImage)] = []
    public var inputTexts: [(modality: String, text: String)] = []
    public var targets: [DecodedTarget] = []
}

/// Seconds spent on each part of a generation.
public struct GenerationTimings: Codable, Sendable {
    public var load = 0.0
    public var inputs = 0.0
    public var sampling = 0.0
    public var decoding = 0.0
}

/// Runs whole generations over a bundle: inputs to tokens, sampling, tokens to pictures and text.
public final class Generator {
    public let bundle: LoadedBundle
    /// Told of progress as (what is done, share of the whole).
    public var onProgress: ((String, Double) -> Void)?
    public private(set) var timings = GenerationTimings()

    public init(_ bundle: LoadedBundle) { self.bundle = bundle }

    /// The settings that `request` leads to.
    /// - Throws: ``FourMError`` for unknown modalities; `SettingsError` for targets without a preset.
    public func settings(_ request: GenerationRequest) throws -> GenerationSettings {
        let model = try bundle.model()
        let conditions = request.inputs.map(\.modality)
        let outputs = Set(model.modalities.values.filter(\.isOutput).map(\.name))
        let targets = request.targets.isEmpty ? PresetSettings.targets(conditions: conditions, modalities: outputs) : request.targets
        for target in targets where !outputs.contains(target) {
            throw FourMError("this model cannot generate '\(target)'; it can generate: \(outputs.sorted().joined(separator: ", "))")
        }
        var settings = try request.settings ?? PresetSettings.settings(conditions: conditions, targets: targets)
        if request.settings != nil, !request.targets.isEmpty { try select(targets, from: &settings) }
        settings.conditions = conditions
        request.overrides.apply(to: &settings)
        for index in settings.targets.indices { try check(&settings.targets[index], given: conditions, model) }
        return settings
    }

    /// Keeps `targets` of the settings, in their order.
    private func select(_ targets: [String], from settings: inout GenerationSettings) throws {
        let known = settings.targets
        settings.targets = try targets.map { name in
            if let plan = known.first(where: { $0.target == name }) { return plan }
            throw FourMError("the settings have no target '\(name)'; they have: \(known.map(\.target).joined(separator: ", "))")
        }
    }

    /// Bounds the tokens of a target by what the model has; a target cannot be given as well.
    private func check(_ plan: inout TargetPlan, given: [String], _ model: FourMModel) throws {
        let info = try model.modality(plan.target)
        if given.contains(plan.target) { throw FourMError("'\(plan.target)' is both given and a target; drop one of the two") }
        guard plan.tokens >= 1 else { throw FourMError("'\(plan.target)': tokens per target must be at least 1, not \(plan.tokens)") }
        // A text's target also holds its start and end.
        plan.tokens = min(plan.tokens, info.isSequence ? info.maxTokens + 2 : info.maxTokens)
    }

    /// Generates for every sample. An input with one value serves all samples; others must have one for each.
    public func run(_ request: GenerationRequest, _ values: [String: [String]]) throws -> [GenerationResult] {
        let model = try timed(\.load) { try bundle.model() }
        let settings = try settings(request)
        try checkDecoders(request, settings, model)
        let count = try sampleCount(values)
        var results: [GenerationResult] = []
        for start in stride(from: 0, to: count, by: max(request.batchSize, 1)) {
            let rows = start..<min(start + max(request.batchSize, 1), count)
            results += try runBatch(request, settings, values, rows, total: count, model)
        }
        return results
    }

    /// What a diffusion decoder cannot do is better known before the sampling than after it.
    private func checkDecoders(_ request: GenerationRequest, _ settings: GenerationSettings, _ model: FourMModel) throws {
        guard request.diffusionScheduler != nil || request.diffusionSteps != nil else { return }
        for plan in settings.targets
        where model.modalities[plan.target]?.isSequence == false && bundle.bundle.tokenizerPath(plan.target) != nil {
            let decoder = try timed(\.load) {
                try bundle.tokenizer(plan.target, preview: request.usesPreviewDecoders, part: .decoder)
            }
            try decoder.checkScheduler(diffusionOptions(request, row: 0))
        }
    }

    private func diffusionOptions(_ request: GenerationRequest, row: Int) -> DiffusionOptions {
        var options = DiffusionOptions()
        options.steps = request.diffusionSteps ?? bundle.bundle.sources.detokenizerSteps
        (options.scheduler, options.mode, options.guidance) = (request.diffusionScheduler, request.diffusionMode, request.diffusionGuidance)
        (options.seed, options.rowOffset) = (request.seed, row)
        return options
    }

    private func sampleCount(_ values: [String: [String]]) throws -> Int {
        let counts = Set(values.values.map(\.count).filter { $0 != 1 })
        guard counts.count <= 1, !counts.contains(0) else {
            throw FourMError(
                "the inputs have different numbers of samples: \(values.map { "\($0.key) \($0.value.count)" }.sorted().joined(separator: ", "))"
            )
        }
        return counts.first ?? 1
    }

    private func runBatch(
        _ request: GenerationRequest, _ settings: GenerationSettings, _ values: [String: [String]], _ rows: Range<Int>, total: Int,
        _ model: FourMModel
    ) throws -> [GenerationResult] {
        var results = [GenerationResult](repeating: GenerationResult(), count: rows.count)
        var set = ModalitySet()
        let reader = InputReader(bundle: bundle, model: model, ignoresOrientation: request.ignoresOrientation)
        try timed(\.inputs) {
            for input in request.inputs {
                let all = values[input.modality] ?? [input.value]
                let given = try reader.read(input.modality, rows.map { all[all.count == 1 ? 0 : $0] })
                set[input.modality] = given.batch
                for (row, picture) in given.pictures.enumerated() { results[row].inputPictures.append((input.modality, picture)) }
                for (row, text) in given.texts.enumerated() { results[row].inputTexts.append((input.modality, text)) }
            }
        }
        for part in request.isIndependent ? settings.targets.map({ [$0] }) : [settings.targets] {
            var chain = settings
            chain.targets = part
            let finished = try timed(\.sampling) { try sample(request, chain, set, rows, total: total, model) }
            try timed(\.decoding) { try decode(request, chain, finished, rows, total: total, model, &results) }
        }
        return results
    }

    private func sample(
        _ request: GenerationRequest, _ settings: GenerationSettings, _ given: ModalitySet, _ rows: Range<Int>, total: Int,
        _ model: FourMModel
    ) throws -> ModalitySet {
        var set = given
        let options = try samplerOptions(request, settings, rows, model)
        for plan in settings.targets {
            let info = try model.modality(plan.target)
            set[plan.target] =
                info.isSequence
                ? .emptySequence(batch: rows.count, tokens: plan.tokens, firstSentinel: options.firstSentinel)
                : .emptyImage(batch: rows.count, tokens: info.maxTokens)
        }
        let schedule = try settings.schedule(modalities: ModalityTable(settings.targets.map { table($0, model) })).executable()
        let sampler = Sampler(model, options: options)
        sampler.onStep = { [onProgress] step in
            let share =
                (Double(rows.lowerBound) + Double(rows.count) * 0.8 * Double(step.step + 1) / Double(max(step.total, 1))) / Double(total)
            onProgress?("\(step.target), step \(step.step + 1) of \(step.total)", share)
        }
        return try sampler.generate(set, schedule: schedule)
    }

    /// What schedules need to know of a target: whether it is a sequence.
    private func table(_ plan: TargetPlan, _ model: FourMModel) -> ModalityInfo {
        ModalityInfo(name: plan.target, title: plan.target, kind: model.modalities[plan.target]?.isSequence == true ? .sequence : .image)
    }

    private func samplerOptions(
        _ request: GenerationRequest, _ settings: GenerationSettings, _ rows: Range<Int>, _ model: FourMModel
    ) throws -> Sampler.Options {
        var options = Sampler.Options()
        options.topK = settings.topK
        options.topP = settings.topP
        options.seed = request.seed
        options.rowOffset = rows.lowerBound
        let usesText = (settings.targets.map(\.target) + settings.conditions).contains { model.modalities[$0]?.isSequence == true }
        if usesText {
            let text = try bundle.text()
            options.sentinels = text.sentinels
            guard let first = text.sentinels.first, text.sentinels.idOfNumber[2] == first + 1 else {
                throw BundleError("the text tokenizer lacks the neighbouring sentinels [S_1] and [S_2] that 4M's texts begin and end with")
            }
            options.firstSentinel = first
            options.paddingID = text.paddingID ?? 0
        }
        return options
    }

    private func decode(
        _ request: GenerationRequest, _ settings: GenerationSettings, _ set: ModalitySet, _ rows: Range<Int>, total: Int,
        _ model: FourMModel, _ results: inout [GenerationResult]
    ) throws {
        let decoder = TargetDecoder(
            bundle: bundle, model: model, diffusion: diffusionOptions(request, row: rows.lowerBound),
            usesPreviewDecoders: request.usesPreviewDecoders)
        for (index, plan) in settings.targets.enumerated() {
            guard let batch = set[plan.target] else { continue }
            for (row, target) in try decoder.decode(plan.target, batch).enumerated() { results[row].targets.append(target) }
            let share = 0.8 + 0.2 * Double(index + 1) / Double(settings.targets.count)
            onProgress?("decoded \(plan.target)", (Double(rows.lowerBound) + Double(rows.count) * share) / Double(total))
        }
    }

    private func timed<T>(_ part: WritableKeyPath<GenerationTimings, Double>, _ body: () throws -> T) rethrows -> T {
        let start = ContinuousClock.now
        defer {
            let elapsed = (ContinuousClock.now - start).components
            timings[keyPath: part] += Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
        }
        return try body()
    }
}
