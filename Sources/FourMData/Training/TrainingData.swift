import FourMModels
import FourMSampling
import FourMSettings
import FourMText
import FourMTraining
import IR

/// A batch as it is read: rows of all modalities with their masks.
package struct MaskedBatch: Sendable {
    package let set: ModalitySet
    /// The samples, as the user knows them.
    package let samples: [String]
}

/// What a training of 4M reads: data sets in a mixture, decoded and masked.
///
/// A batch depends on the seed, its number, the rank and the number of ranks alone: not on what was read before, nor on threads. With the same
/// samples in all, ranks share out what one process would read.
package struct TrainingData: Sendable {
    package let modalities: TrainingModalities
    package let damaged: DamagedSamples
    /// What was left out or passed over while the data sets were listed.
    package let notes: [String]
    /// Samples of each data set.
    package let sizes: [(name: String, samples: Int)]
    private let datasets: [MaskedDataset]
    private let orders: [SampleOrder]
    private let mixture: DatasetMixture
    private let rows: BatchRows
    private let random: CounterRandom
    private let batchSize: Int

    /// - Throws: ``FourMError``, `SettingsError`, `MaskingError` and what names a file or folder that cannot be read.
    package init(_ data: DataSettings, _ run: FMRunSettings, _ modalities: TrainingModalities, _ tokenizer: TextTokenizer?) throws {
        let damaged = DamagedSamples()
        let random = CounterRandom(seed: run.seed).substream("training data")
        datasets = try data.training.map { settings in
            try DatasetFactory(run: run, modalities: modalities, tokenizer: tokenizer).make(
                settings, MaskingSetup.budgets(settings, run), isTraining: true, damaged)
        }
        orders = datasets.map { SampleOrder($0.source.counts, random.substream("order").substream($0.name)) }
        mixture = DatasetMixture(data.weights, random.substream("mixture"))
        rows = BatchRows(modalities: modalities, paddingID: tokenizer?.id(for: "[PAD]") ?? 0)
        (self.modalities, self.damaged, self.random, batchSize) = (modalities, damaged, random, run.batch)
        notes = datasets.flatMap(\.source.notes)
        sizes = zip(datasets, orders).map { ($0.name, $1.count) }
    }

    /// Batch `step` of process `rank` of `ranks`, from 0 on.
    /// - Throws: what names the file or sample, if so many samples are damaged that the data set cannot be used.
    package func batch(_ step: Int, rank: Int = 0, ranks: Int = 1) throws -> MaskedBatch {
        let first = (step * max(ranks, 1) + rank) * batchSize
        let samples = try (first..<first + batchSize).map { position in
            let (dataset, number) = mixture.pick(position)
            let own = random.substream("samples").substream(UInt64(position))
            return try datasets[dataset].sample(orders[dataset].place(number), of: orders[dataset], own)
        }
        return MaskedBatch(set: try rows.set(samples), samples: samples.map(\.name))
    }
}
