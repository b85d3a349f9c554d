import FourMCodecs
import FourMModels
import FourMSettings
import IR
import Media

/// What a tokenizer's training reads.
package struct InputBatch: Sendable {
    /// f32 `[batch, channels, height, width]`, or i64 class ids `[batch, height, width]`.
    package let input: Tensor
    /// The samples, as the user knows them.
    package let samples: [String]
    /// Height and width of what was cut out of each picture, before it was scaled; empty for features.
    package let sizes: [[Int]]
}

/// How samples of a tokenizer's training are cut.
package struct TokenizerCrops: Sendable, Hashable {
    /// Side of a picture in pixels.
    package var side: Int
    /// Least share of the picture's area that a random crop covers, and how many are mirrored.
    package var smallestScale = 0.8
    package var flipShare = 0.5
    /// What colours are scaled with.
    package var normalization: Normalization = .centered
    /// Takes the place of pixels that `mask_valid` calls invalid; the mask is then one more channel.
    package var maskValue: Double?

    package enum Normalization: Sendable, Hashable { case centered, imageNet, surfaceNormals }

    package init(side: Int) { self.side = side }
}

/// The samples of a tokenizer's training or evaluation: pictures, class ids or features of a folder or of shards, cut and scaled.
///
/// A batch depends on the seed, its number, the rank and the number of ranks alone.
package struct TokenizerBatches: Sendable {
    /// What was left out or passed over while the samples were listed.
    package let notes: [String]
    package let damaged: DamagedSamples
    /// How many there are.
    package var count: Int { order.count }

    private let path: String
    private let source: any SampleSource
    private let order: SampleOrder
    private let cutter: TokenizerCutter
    private let random: CounterRandom

    /// - Parameters:
    ///   - path: A folder with one for the domain in it, or a pattern of shards.
    ///   - evaluates: Whether crops are those of the middle.
    /// - Throws: ``FourMError`` and what names a file or folder that cannot be read.
    package init(
        _ path: String, _ domain: TokenizerDomain, _ crops: TokenizerCrops, usesShards: Bool = false, evaluates: Bool = false, seed: UInt64
    ) throws {
        let wanted = [domain.name] + (crops.maskValue == nil ? [] : [TokenizerCutter.mask])
        var folders = ModalityFolders(names: [:])
        folders.kinds = [domain.name: domain.files.readSuffixes, TokenizerCutter.mask: DenseFiles.labels(shifted: false).readSuffixes]
        source = try usesShards ? ShardSource(path, wanted, folders) : FolderSource(path, wanted, folders)
        random = CounterRandom(seed: seed).substream("tokenizer data")
        order = SampleOrder(source.counts, random.substream("order"))
        cutter = TokenizerCutter(domain, crops, isRandom: !evaluates)
        (self.path, notes, damaged) = (path, source.notes, DamagedSamples())
    }

    /// Batch `step` of process `rank` of `ranks`, from 0 on; epochs follow one another.
    /// - Throws: what names the file or sample, if so many are damaged that they cannot be used.
    package func batch(_ step: Int, size: Int, rank: Int = 0, ranks: Int = 1) throws -> InputBatch {
        let first = (step * max(ranks, 1) + rank) * size
        return try joined(
            (first..<first + size).map { number in
                try sample(order.place(number), random.substream("samples").substream(UInt64(number)))
            })
    }

    /// Samples in the order in which they are kept.
    package func plain(_ numbers: Range<Int>) throws -> InputBatch {
        try joined(numbers.clamped(to: 0..<count).map { try cut(order.plainPlace($0), random) })
    }

    private func joined(_ samples: [CutSample]) throws -> InputBatch {
        guard let all = RowMatrix.stack(samples.map(\.input)) else { throw FourMError("\(path) has no samples") }
        return InputBatch(input: all, samples: samples.map(\.name), sizes: samples.compactMap(\.size))
    }

    private func cut(_ place: SampleOrder.Place, _ random: CounterRandom) throws -> CutSample {
        try cutter.cut(source.read(part: place.part, sample: place.sample), random)
    }

    /// The sample at `place`, or, if it is damaged, another that `random` draws.
    private func sample(_ place: SampleOrder.Place, _ random: CounterRandom) throws -> CutSample {
        var place = place
        for draw in 0..<MaskedDataset.mostDraws {
            do {
                return try cut(place, random)
            } catch {
                damaged.add("\(path): part \(place.part), sample \(place.sample)", error)
                if draw + 1 == MaskedDataset.mostDraws {
                    throw FourMError("\(path): \(draw + 1) samples in a row cannot be used; the last: \(error)")
                }
                place = order.plainPlace(Int(random.substream("instead").integer(below: UInt64(order.count), at: draw)))
            }
        }
        throw FourMError("\(path) has no samples", .fault)
    }
}
