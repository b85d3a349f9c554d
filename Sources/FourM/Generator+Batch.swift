import Foundation
import FourMCodecs
import FourMModels
import FourMSampling
import FourMSettings
import IR
import Media

extension Generator {
    /// Samples that are computed together, from inputs to results.
    struct Batch {
        let generator: Generator
        let request: GenerationRequest
        let settings: GenerationSettings
        let model: FourMModel
        let superResolution: SuperResolution?
        var keys: [SampleKey]
        /// Number of the first of them among `total`.
        let first: Int
        let total: Int

        var bundle: LoadedBundle { generator.bundle }

        func run(_ inputs: BatchInputs) throws -> [GenerationResult] {
            let (given, conditions) = (inputs.given, inputs.conditions)
            var results = inputs.results
            let stages = superResolution == nil ? 1.0 : 2.0
            var all = given
            for part in request.isIndependent ? settings.targets.map({ [$0] }) : [settings.targets] {
                var chain = settings
                chain.targets = part
                let photos = results.map(ResultWriter.photo)
                let finished = try generator.timed(\.sampling) { try sample(chain, given, conditions, photos, share: 0.8 / stages) }
                try generator.timed(\.decoding) { try decode(part, finished, model, from: 0.8 / stages, to: 1 / stages, &results) }
                for plan in part {
                    let isText = model.modalities[plan.target]?.isSequence == true
                    all[plan.target] = finished[plan.target]?.asCondition(isText: isText)
                }
            }
            if let superResolution {
                let finished = try generator.timed(\.sampling) { try upscale(all, superResolution) }
                try generator.timed(\.decoding) {
                    try decode(superResolution.settings.targets, finished, superResolution.model, from: 0.9, to: 1, &results)
                }
            }
            return results
        }

        /// One weighted condition of all rows.
        struct Condition {
            let modality: String
            let batch: ModalityBatch
        }

        /// What is given to all branches, and the weighted conditions.
        func read(_ values: [String: [InputValue]]) throws -> BatchInputs {
            try generator.timed(\.inputs) {
                var results = keys.map { key in
                    var result = GenerationResult()
                    result.key = key
                    return result
                }
                let (given, conditions) = try read(values, &results)
                return BatchInputs(given: given, conditions: conditions, results: results)
            }
        }

        func reader() -> InputReader {
            InputReader(bundle: bundle, model: model, ignoresOrientation: request.ignoresOrientation)
        }

        private func read(_ values: [String: [InputValue]], _ results: inout [GenerationResult]) throws -> (ModalitySet, [Condition]) {
            let reader = reader()
            func batch(_ modality: String, _ all: [InputValue], weight: Double? = nil) throws -> ModalityBatch {
                let masks = request.masks[modality] ?? []
                let given = try reader.read(
                    modality, keys.map { all[all.count == 1 ? 0 : $0.sample] },
                    masks: masks.count > 1 ? keys.map { masks[$0.sample] } : masks)
                for (row, picture) in given.pictures.enumerated() {
                    results[row].inputPictures.append((modality, picture, given.keys.indices.contains(row) ? given.keys[row] : nil))
                }
                for (row, text) in given.texts.enumerated() {
                    results[row].inputTexts.append(GivenText(modality, text, weight: weight, in: bundle))
                }
                given.warnings.forEach(generator.warn)
                return given.batch
            }
            var set = ModalitySet()
            for input in request.inputs { set[input.modality] = try batch(input.modality, values[input.modality] ?? [.given(input.value)]) }
            let conditions = try request.conditions.enumerated().map { index, condition in
                guard set[condition.modality] == nil, !settings.targets.contains(where: { $0.target == condition.modality }) else {
                    throw FourMError(
                        "'\(condition.modality)' is a weighted condition and also an input or a target; drop one of them", .request)
                }
                let all = request.conditionValues?[index] ?? condition.values.map { .given($0) }
                return Condition(modality: condition.modality, batch: try batch(condition.modality, all, weight: condition.weight))
            }
            return (set, conditions)
        }

        /// Prepares the targets of `settings` and decodes them; `photos` are what is known of each row's picture.
        private func sample(
            _ settings: GenerationSettings, _ given: ModalitySet, _ conditions: [Condition], _ photos: [ByteImage?], share: Double
        ) throws -> ModalitySet {
            let options = try samplerOptions(settings, model)
            // Without its conditions a branch sees them emptied, as with guidance by inputs: a text as its first sentinel.
            var set = given
            for condition in conditions where set[condition.modality] == nil { set[condition.modality] = condition.batch }
            set = set.emptied(conditions.map(\.modality), firstSentinel: options.firstSentinel, model)
            for plan in settings.targets { set[plan.target] = try target(plan, given[plan.target], options, model) }
            let passes = request.samPasses > 1 && settings.targets.contains { $0.target == Batch.sam }
            var chain = settings
            if passes { chain.targets.removeAll { $0.target == Batch.sam } }
            let schedule = try schedule(chain, model)
            let sampler = Sampler(model, options: options)
            connect(sampler, schedule, stage: .base, from: 0, to: passes ? share / 2 : share)
            let samTarget = set[Batch.sam]
            if passes { set[Batch.sam] = nil }
            if conditions.isEmpty {
                set = try sampler.generate(set, schedule: schedule)
            } else {
                let branches = conditions.map { condition in
                    var own = set
                    own[condition.modality] = condition.batch
                    return own
                }
                set = try sampler.generateMultiGuided(set, conditions: branches, schedule: schedule)
            }
            guard passes else { return set }
            if settings.growConditioning { chain.conditions += chain.targets.filter { $0.scheme != .autoregressive }.map(\.target) }
            chain.targets = settings.targets.filter { $0.target == Batch.sam }
            set[Batch.sam] = samTarget
            let last = try self.schedule(chain, model)
            let dense = Sampler(model, options: options)
            connectPasses(dense, last, photos, from: share / 2, to: share)
            return try dense.generatePasses(
                set, schedule: last, target: Batch.sam, passes: request.samPasses, batchSize: max(request.batchSize, 1),
                end: try bundle.text().endID)
        }

        /// The text that may be generated in several passes.
        static let sam = "sam_instance"

        private func upscale(_ all: ModalitySet, _ stage: SuperResolution) throws -> ModalitySet {
            let options = try samplerOptions(stage.settings, stage.model)
            var set = try stage.conditions(from: all, end: usesText(stage.settings, stage.model) ? bundle.text().endID : nil, options)
            for plan in stage.settings.targets { set[plan.target] = try target(plan, nil, options, stage.model) }
            let schedule = try schedule(stage.settings, stage.model)
            let sampler = Sampler(stage.model, options: options)
            connect(sampler, schedule, stage: .superResolution, from: 0.5, to: 0.9)
            return try sampler.generate(set, schedule: schedule)
        }

        /// A target with everything to predict, or with what `given` leaves open.
        private func target(
            _ plan: TargetPlan, _ given: ModalityBatch?, _ options: Sampler.Options, _ model: FourMModel
        ) throws -> ModalityBatch {
            let info = try model.modality(plan.target)
            guard let given else {
                return info.isSequence
                    ? .emptySequence(batch: keys.count, tokens: plan.tokens, firstSentinel: options.firstSentinel)
                    : .emptyImage(batch: keys.count, tokens: info.maxTokens)
            }
            if given.hasOpenPositions { return given }
            let text =
                try info.isSequence
                ? given.fillingIn(plan.target, tokens: plan.tokens, sentinels: options.sentinels, paddingID: options.paddingID) : nil
            if let text { return text }
            let how = info.isSequence ? "write [S_1] where it is to be filled in" : "leave a part of it open"
            throw FourMError("'\(plan.target)' is both given and a target; drop one of the two, or \(how)", .request)
        }

        private func schedule(_ settings: GenerationSettings, _ model: FourMModel) throws -> ChainedSchedule {
            let infos = settings.targets.map { plan in
                ModalityInfo(
                    name: plan.target, title: plan.target, kind: model.modalities[plan.target]?.isSequence == true ? .sequence : .image)
            }
            return try settings.schedule(modalities: ModalityTable(infos)).executable()
        }

        private func usesText(_ settings: GenerationSettings, _ model: FourMModel) -> Bool {
            let names = settings.targets.map(\.target) + settings.conditions + request.conditions.map(\.modality)
            return names.contains { model.modalities[$0]?.isSequence == true }
        }

        private func samplerOptions(_ settings: GenerationSettings, _ model: FourMModel) throws -> Sampler.Options {
            var options = Sampler.Options()
            options.topK = settings.topK
            options.topP = settings.topP
            options.seed = request.seed
            options.rows = keys
            guard usesText(settings, model) else { return options }
            let text = try bundle.text()
            options.sentinels = text.sentinels
            guard let first = text.sentinels.first, text.hasNeighbouringSentinels else {
                throw BundleError("the text tokenizer lacks the neighbouring sentinels [S_1] and [S_2] that 4M's texts begin and end with")
            }
            options.firstSentinel = first
            options.paddingID = text.paddingID ?? 0
            options.endID = text.endID
            return options
        }

        private func decode(
            _ plans: [TargetPlan], _ set: ModalitySet, _ model: FourMModel, from: Double, to: Double, _ results: inout [GenerationResult]
        ) throws {
            let decoder = TargetDecoder(
                bundle: bundle, model: model, diffusion: generator.diffusionOptions(request, keys),
                usesPreviewDecoders: request.usesPreviewDecoders)
            for (index, plan) in plans.enumerated() {
                guard let batch = set[plan.target] else { continue }
                for (row, target) in try decoder.decode(plan.target, batch).enumerated() { results[row].targets.append(target) }
                progress("decoded \(plan.target)", from + (to - from) * Double(index + 1) / Double(plans.count))
            }
        }
    }
}
