import Foundation
import FourMCodecs
import FourMModels
import FourMSampling
import FourMSettings
import Media

/// What to generate and how, beyond the settings of each target.
package struct GenerationRequest: Sendable {
    package var inputs: [GenerationInput] = []
    /// Weighted conditions beside the inputs; with any, guidance is by them alone
    /// (``Sampler/generateMultiGuided(_:conditions:schedule:)``).
    package var conditions: [WeightedCondition] = []
    /// Values of ``conditions`` in their order, where they are not those that the conditions name themselves.
    package var conditionValues: [[InputValue]]?
    /// Weight with which each finished target guides the next ones, where there are weighted conditions.
    package var finishedWeight = 1.0
    /// Targets in the order of decoding; empty for everything the model can add, in the reference's order.
    package var targets: [String] = []
    /// Settings from a file; nil for the presets of the reference's demo sampler.
    package var settings: GenerationSettings?
    package var overrides = SettingOverrides()
    package var seed: UInt64 = 0
    /// Denoising steps of diffusion decoders; nil takes the bundle's.
    package var diffusionSteps: Int?
    package var diffusionScheduler: SchedulerKind?
    package var diffusionMode: TimestepMode?
    package var diffusionGuidance: DiffusionGuidance?
    /// Uses one-pass decoders where the bundle has them.
    package var usesPreviewDecoders = false
    package var ignoresOrientation = false
    /// Masks of inputs by modality, one for each sample or one for all: arrays or pictures (``TokenMask``), not 0 or white where a token is
    /// hidden, and predicted if the modality is a target.
    package var masks: [String: [InputValue]] = [:]
    /// Generates each target from the inputs alone instead of one after the other.
    package var isIndependent = false
    /// Samples computed together.
    package var batchSize = 8
    /// How often each sample is generated.
    package var variations = 1
    /// Passes over `sam_instance` that are joined; more than one generates it last, and conditions nothing on it.
    package var samPasses = 1
    /// Whether a bundle with a super-resolution model uses it.
    package var superResolves = true
    /// Settings of the super-resolution from a file; nil for the presets.
    package var superResolutionSettings: GenerationSettings?
    /// Whether the settings' file names the conditions of the super-resolution, so that none may be missing.
    package var requiresSuperResolutionConditions = false

    package init() {}

    /// What beside inputs and settings decides the result, for records of it.
    package func options(_ bundle: LoadedBundle) -> [String: String] {
        var made = [
            "precision": bundle.precision.description, "independent": "\(isIndependent)", "preview": "\(usesPreviewDecoders)",
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
package struct WeightedCondition: Sendable, Hashable, Codable {
    package var modality: String
    /// A value for each sample, or one for all.
    package var values: [String]
    package var weight: Double

    package init(modality: String, values: [String], weight: Double) {
        self.modality = modality
        self.values = values
        self.weight = weight
    }

    /// The value of sample `index`.
    package func value(_ index: Int) -> String { values.isEmpty ? "" : values[values.count == 1 ? 0 : min(index, values.count - 1)] }
}

/// Settings given on the command line; they replace those of every target they apply to.
package struct SettingOverrides: Sendable {
    package var steps: Int?
    package var scheme: DecodingScheme?
    package var temperature: Double?
    package var guidance: Double?
    package var topK: TopKLimit?
    package var topP: Double?
    /// Most tokens of a text.
    package var maxTokens: Int?

    package init() {}

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

/// A given text, and what it says as boxes, fields or colours where it is not just words.
package struct GivenText: Sendable {
    package var modality: String
    package var text: String
    package var form: DecodedTarget

    /// - Parameter weight: of a weighted condition.
    package init(_ modality: String, _ text: String, weight: Double? = nil, in bundle: LoadedBundle) {
        let prefix = weight.map { String(format: "weight %g", $0) }
        (self.modality, self.text) = (modality, [prefix, text].compactMap { $0 }.joined(separator: ": "))
        form = DecodedTarget(modality: modality, tokens: [])
        // Texts with gaps are not whole structures; they stay as they are.
        if !text.contains("[S_") { try? ModalityCodecs.text(of: modality).present(text, &form, CodecContext(bundle)) }
        if let prefix { form.footer = form.footer.isEmpty ? prefix : "\(prefix), \(form.footer)" }
    }

    /// What it looks like: drawn over `photo` where it speaks of a photo's parts; nil for words.
    /// - Throws: `MediaError` where cairo is not there.
    package func picture(on photo: ByteImage?) throws -> ByteImage? { try form.overlay?.drawn(on: photo) ?? form.picture }
}

/// One sample's inputs as seen and everything generated for it.
package struct GenerationResult: Sendable {
    package var key = SampleKey(sample: 0)
    /// Given pictures by modality.
    package var inputPictures: [(modality: String, picture: ByteImage, key: ColorKey?)] = []
    package var inputTexts: [GivenText] = []
    package var targets: [DecodedTarget] = []
    /// Of the batch that the sample was in; loading counts for the first batch.
    package var timings = GenerationTimings()
}

/// Seconds spent on each part of a generation.
package struct GenerationTimings: Codable, Sendable {
    package var load = 0.0
    package var inputs = 0.0
    package var sampling = 0.0
    package var decoding = 0.0

    package init() {}
}
