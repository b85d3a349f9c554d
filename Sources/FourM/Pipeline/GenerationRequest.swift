import Media

/// What to generate and how, beyond the settings of each target.
public struct GenerationRequest: Sendable {
    public var inputs: [GenerationInput] = []
    /// Weighted conditions beside the inputs; with any, guidance is by them alone
    /// (``Sampler/generateMultiGuided(_:conditions:schedule:)``).
    public var conditions: [WeightedCondition] = []
    /// Weight with which each finished target guides the next ones, where there are weighted conditions.
    public var finishedWeight = 1.0
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
    /// Masks of inputs by modality: `.npy` or pictures, white or not 0 where a token is hidden, and predicted if the modality is a target.
    public var masks: [String: String] = [:]
    /// Generates each target from the inputs alone instead of one after the other.
    public var isIndependent = false
    /// Samples computed together.
    public var batchSize = 8
    /// How often each sample is generated.
    public var variations = 1
    /// Passes over `sam_instance` that are joined; more than one generates it last, and conditions nothing on it.
    public var samPasses = 1
    /// Whether a bundle with a super-resolution model uses it.
    public var superResolves = true
    /// Settings of the super-resolution from a file; nil for the presets.
    public var superResolutionSettings: GenerationSettings?
    /// Whether the settings' file names the conditions of the super-resolution, so that none may be missing.
    public var requiresSuperResolutionConditions = false

    public init() {}

    /// What beside inputs and settings decides the result, for records of it.
    public func options(_ bundle: LoadedBundle) -> [String: String] {
        var made = [
            "precision": bundle.precision.rawValue, "independent": "\(isIndependent)", "preview": "\(usesPreviewDecoders)",
            "ignore_orientation": "\(ignoresOrientation)",
            "diffusion_steps": "\(diffusionSteps ?? bundle.bundle.sources.detokenizerSteps)",
        ]
        made["diffusion_scheduler"] = diffusionScheduler?.rawValue
        made["diffusion_timesteps"] = diffusionMode?.rawValue
        made["diffusion_guidance"] = diffusionGuidance.map { "\($0.scale) \($0.rescale)" }
        return made
    }
}

/// One of several conditions with a weight of its own; a negative one moves away from it.
public struct WeightedCondition: Sendable, Hashable, Codable {
    public var modality: String
    /// A value for each sample, or one for all.
    public var values: [String]
    public var weight: Double

    public init(modality: String, values: [String], weight: Double) {
        self.modality = modality
        self.values = values
        self.weight = weight
    }

    /// The value of sample `index`.
    public func value(_ index: Int) -> String { values.isEmpty ? "" : values[values.count == 1 ? 0 : min(index, values.count - 1)] }
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
    public var key = SampleKey(sample: 0)
    /// Given pictures by modality.
    public var inputPictures: [(modality: String, picture: ByteImage)] = []
    public var inputTexts: [(modality: String, text: String)] = []
    public var targets: [DecodedTarget] = []
    /// Of the batch that the sample was in; loading counts for the first batch.
    public var timings = GenerationTimings()
}

/// Seconds spent on each part of a generation.
public struct GenerationTimings: Codable, Sendable {
    public var load = 0.0
    public var inputs = 0.0
    public var sampling = 0.0
    public var decoding = 0.0

    public init() {}
}
