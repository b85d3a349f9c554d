import FourMModels
import FourMSampling
import FourMSettings
import FourMText
import FourMTraining
import IR

/// An evaluation set of a training: the same samples with the same masks at each evaluation.
///
/// Source: `get_val_dataloader` in `fourm/data/pretrain_utils.py`, which draws masks anew each time. Pictures are cut to the centre, tokens are those of
/// the first crop. The fixed set has numbers of tokens of its own, so that runs with different ones can be compared.
package struct EvaluationData: Sendable {
    package let name: String
    package let isFixed: Bool
    /// Most tokens of input and target.
    package let inputTokens, targetTokens: Int
    /// Batches of all processes together.
    package let batches: Int
    package let damaged: DamagedSamples
    let dataset: MaskedDataset
    let order: SampleOrder
    private let rows: BatchRows
    let random: CounterRandom
    let samples: Int
    private let batchSize: Int

    /// The sets of a data file: each as the training masks it, and fixed.
    package static func all(
        _ data: DataSettings, _ run: FMRunSettings, _ modalities: TrainingModalities, _ tokenizer: TextTokenizer?
    ) throws -> [EvaluationData] {
        try data.evaluation.flatMap { settings in
            try (run.hasFixedEvaluation ? [false, true] : [false]).map { isFixed in
                try EvaluationData(settings, run, modalities, tokenizer, isFixed: isFixed)
            }
        }
    }

    private init(
        _ settings: DatasetSettings4M, _ run: FMRunSettings, _ modalities: TrainingModalities, _ tokenizer: TextTokenizer?, isFixed: Bool
    ) throws {
        let fixed = MaskingSetup.Budgets(
            input: run.fixedInputTokens...run.fixedInputTokens, target: run.fixedTargetTokens...run.fixedTargetTokens)
        let budgets = isFixed ? fixed : MaskingSetup.budgets(settings, run)
        (name, self.isFixed, damaged) = (settings.name, isFixed, DamagedSamples())
        (inputTokens, targetTokens) = (budgets.input.upperBound, budgets.target.upperBound)
        dataset = try DatasetFactory(run: run, modalities: modalities, tokenizer: tokenizer).make(
            settings, budgets, isTraining: false, damaged)
        random = CounterRandom(seed: run.seed).substream("evaluation").substream(settings.name).substream(isFixed ? "fixed" : "as trained")
        order = SampleOrder(dataset.source.counts, random)
        samples = min(order.count, run.evaluationSamples ?? order.count)
        batchSize = max(run.batch + run.batch / 2, 1)
        batches = (samples + batchSize - 1) / batchSize
        rows = BatchRows(modalities: modalities, paddingID: tokenizer?.id(for: "[PAD]") ?? 0)
    }

    /// Batch `index` of ``batches``, without its damaged samples; nil if it has no others.
    package func batch(_ index: Int) throws -> MaskedBatch? {
        let range = index * batchSize..<min((index + 1) * batchSize, samples)
        let found = range.compactMap { number -> MaskedSample? in
            do {
                return try dataset.sample(order.plainPlace(number), random.substream(UInt64(number)))
            } catch {
                damaged.add("\(name): sample \(number)", error)
                return nil
            }
        }
        return found.isEmpty ? nil : MaskedBatch(set: try rows.set(found), samples: found.map(\.name))
    }
}
