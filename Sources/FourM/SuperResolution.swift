import FourMModels
import FourMSettings
import FourMText
import IR

/// The second stage: a transformer that knows a modality's tokens at 224 and predicts them at 448 pixels.
///
/// Source: `create_superres_input` in `run_generation.py`, `Demo4MSampler` in `fourm/demo_4M_sampler.py`.
struct SuperResolution {
    let model: FourMModel
    let settings: GenerationSettings

    /// What the stage is given: its conditions among the inputs and finished targets `all`. A text without an end gets one; an empty
    /// text becomes the prompt `[S_1]`.
    func conditions(from all: ModalitySet, end: Int?, _ options: Sampler.Options) throws -> ModalitySet {
        var set = ModalitySet()
        for name in settings.conditions {
            guard let batch = all[name] else { throw FourMError("super-resolution: '\(name)' is neither given nor generated") }
            set[name] = try model.modality(name).isSequence ? text(batch, end: end, options) : batch
        }
        return set
    }

    private func text(_ batch: ModalityBatch, end: Int?, _ options: Sampler.Options) -> ModalityBatch {
        let rows = zip(batch.tokens, batch.inputMask).map { ids, mask -> [Int] in
            var ids = ids.indices.filter { !mask[$0] }.map { ids[$0] }
            if let end {
                ids = idsBeforeEnd(ids, end: end)
                if ids.isEmpty { ids = [options.firstSentinel] }
                ids.append(end)
            }
            return ids
        }
        let padded = PaddedSequences(padding: rows, with: options.paddingID)
        return ModalityBatch(
            .tokens(padded.ids), inputMask: padded.isPadding, targetMask: padded.ids.map { $0.map { _ in true } },
            decoderAttention: padded.ids.map { $0.map { _ in 0 } })
    }
}

extension Generator {
    /// Settings of the super-resolution that `request` leads to; nil if there is none.
    package func superResolutionSettings(_ request: GenerationRequest) throws -> GenerationSettings? {
        try stageSettings(request, try settings(request))
    }

    /// The second stage of `request`: nil without a model for it, where it is not wanted, or where no known modality has a larger version.
    func superResolution(_ request: GenerationRequest, _ base: GenerationSettings) throws -> SuperResolution? {
        guard let settings = try stageSettings(request, base) else { return nil }
        return SuperResolution(model: try timed(\.load) { try bundle.superResolutionModel() }, settings: settings)
    }

    /// The same for the settings `base` of the first stage; the model is not compiled.
    func stageSettings(_ request: GenerationRequest, _ base: GenerationSettings) throws -> GenerationSettings? {
        guard request.superResolves else { return nil }
        guard bundle.bundle.sources.superResolutionModel != nil else {
            if request.superResolutionSettings == nil { return nil }
            throw BundleError("bundle '\(bundle.bundle.name)' names no sr_model, which the super-resolution settings need")
        }
        let model = try timed(\.load) { try bundle.superResolutionModalities() }
        let given = request.inputs.map(\.modality)
        let generated = base.targets.map(\.target).filter { request.samPasses == 1 || $0 != Batch.sam }
        let known = given + generated.filter { !given.contains($0) }
        let conditions = try stageConditions(request, known, model)
        let outputs = Set(model.values.filter(\.isOutput).map(\.name))
        let preset = PresetSettings.superResolutionTargets(conditions: conditions, modalities: outputs)
        var settings =
            try request.superResolutionSettings
            ?? PresetSettings.settings(conditions: conditions, targets: preset, direction: .superResolution)
        if settings.targets.isEmpty { return nil }
        for plan in settings.targets where !outputs.contains(plan.target) {
            throw FourMError(
                "the super-resolution model cannot generate '\(plan.target)'; it can generate: \(outputs.sorted().joined(separator: ", "))")
        }
        settings.conditions = conditions
        request.overrides.apply(to: &settings)
        for index in settings.targets.indices { try Generator.bound(&settings.targets[index], model) }
        return settings
    }

    /// Conditions that the settings name, or everything known that the model takes.
    private func stageConditions(_ request: GenerationRequest, _ known: [String], _ model: [String: ModelModality]) throws -> [String] {
        guard request.requiresSuperResolutionConditions, let named = request.superResolutionSettings?.conditions else {
            return known.filter { model[$0]?.isInput == true }
        }
        for name in named {
            guard known.contains(name) else { throw FourMError("sr_cond_domains: '\(name)' is neither given nor generated") }
            guard model[name]?.isInput == true else {
                throw FourMError("sr_cond_domains: the super-resolution model does not take '\(name)'")
            }
        }
        return named
    }
}
