import FourM
import FourMCodecs

/// What to generate, from what, and how.
public struct GenerationRequest: Sendable {
    /// A given modality such as `rgb@224` or `caption`: a value for each sample, or one for all.
    public struct Given: Sendable, Equatable {
        /// Name of the modality.
        public var modality: String
        /// A value for each sample, or one for all.
        public var values: [GenerationInput]

        /// A modality with a value for each sample, or one for all.
        public init(_ modality: String, _ values: [GenerationInput]) { (self.modality, self.values) = (modality, values) }
    }

    /// In the order in which the model sees them.
    public var inputs: [Given]
    /// Modalities to generate, in this order; none for everything that the model can add.
    public var targets: [String]
    /// What is hidden of inputs, by modality: a mask for each sample, or one for all. A picture hides the tokens that its white pixels touch,
    /// cropped and scaled as the modality's own picture is; a tensor has a value for each token, not 0 where it is hidden. Hidden tokens are
    /// no input; where the modality is a target as well, they are generated and the others stay.
    public var masks: [String: [GenerationInput]] = [:]
    /// Guidance by weighted conditions instead of by the inputs.
    public var conditions: [WeightedCondition] = []
    /// The same seed gives the same result, whatever the number of threads and of samples computed together.
    public var seed: UInt64 = 0
    /// Each sample so often, every time another result.
    public var variations = 1
    /// Samples computed together.
    public var batchSize = 8
    /// Generates each target from the inputs alone instead of from the targets before it too.
    public var isIndependent = false
    /// In place of what the reference's presets say of each target; nil leaves those.
    public var settings = Settings()
    /// Denoising steps of diffusion decoders; nil for the bundle's.
    public var diffusionSteps: Int?
    /// Decodes by the bundle's faster one-pass decoders where it has them.
    public var usesPreviewDecoders = false
    /// Whether a bundle with a super-resolution model goes on to 448 pixels.
    public var superResolves = true
    /// Gives the steps of image-like targets pictures of what is there so far, which costs time.
    public var drawsDrafts = false

    /// How tokens are chosen.
    public struct Settings: Sendable, Hashable {
        /// Decoding steps of an image-like target.
        public var steps: Int?
        /// 0 takes the most probable token.
        public var temperature: Double?
        /// Scale of classifier-free guidance; 1 is none.
        public var guidance: Double?
        /// Keeps the most probable tokens whose probabilities sum up to this.
        public var topP: Double?
        /// Keeps so many of the most probable tokens.
        public var topK: Int?
        /// Most tokens of a text.
        public var maxTokens: Int?

        /// Nothing set: as the presets say.
        public init() {}
    }

    /// One sample: a value for each given modality.
    public init(_ inputs: KeyValuePairs<String, GenerationInput>, targets: [String] = []) {
        self.inputs = inputs.map { Given($0.key, [$0.value]) }
        self.targets = targets
    }

    /// Several samples: each modality with a value for every sample, or one for all.
    public init(samples inputs: [Given], targets: [String] = []) { (self.inputs, self.targets) = (inputs, targets) }

    /// As the generator takes it: the values of the inputs stand beside it.
    var inner: FourM.GenerationRequest {
        var made = FourM.GenerationRequest()
        made.inputs = inputs.map { .init(modality: $0.modality, value: "") }
        made.targets = targets
        made.masks = masks.mapValues { $0.map(\.inner) }
        made.conditions = conditions.map { .init(modality: $0.modality, values: [], weight: $0.weight) }
        made.conditionValues = conditions.map { $0.values.map(\.inner) }
        (made.seed, made.variations, made.batchSize, made.isIndependent) = (seed, variations, batchSize, isIndependent)
        (made.diffusionSteps, made.usesPreviewDecoders, made.superResolves) = (diffusionSteps, usesPreviewDecoders, superResolves)
        made.overrides.steps = settings.steps
        made.overrides.temperature = settings.temperature
        made.overrides.guidance = settings.guidance
        made.overrides.topP = settings.topP
        made.overrides.topK = settings.topK.map { .count($0) }
        made.overrides.maxTokens = settings.maxTokens
        return made
    }

    /// - Throws: ``TesseraError`` of category `usage`.
    var values: [String: [InputValue]] {
        get throws(TesseraError) {
            var found: [String: [InputValue]] = [:]
            for given in inputs {
                guard !given.values.isEmpty else { throw TesseraError(.usage, "'\(given.modality)' is given without a value") }
                guard found.updateValue(given.values.map(\.inner), forKey: given.modality) == nil else {
                    throw TesseraError(.usage, "'\(given.modality)' is given twice; give its values together")
                }
            }
            if let name = masks.filter(\.value.isEmpty).keys.min() {
                throw TesseraError(.usage, "'\(name)' is given a list of masks without any")
            }
            for (name, value) in [("variations", variations), ("batchSize", batchSize)] where value < 1 {
                throw TesseraError(.usage, "\(name) must be 1 or more, not \(value)")
            }
            return found
        }
    }
}
