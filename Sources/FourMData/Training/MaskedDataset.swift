import FourMSettings
import FourMText
import FourMTraining
import IR

/// A sample that is masked: a row of a batch.
struct MaskedSample: Sendable {
    struct Part: Sendable {
        let masked: MaskedModality
        let content: DecodedModality.Content
    }

    let name: String
    /// By modality; those that its data set lacks are not there.
    let parts: [String: Part]
}

/// One data set of a training: where its samples are, how they are decoded and how they are masked.
struct MaskedDataset: Sendable {
    let name: String
    let source: any SampleSource
    let decoder: SampleDecoder
    let masking: UnifiedMasking
    let damaged: DamagedSamples

    /// Draws in place of a damaged sample before the data set counts as unusable.
    static let mostDraws: UInt64 = 64

    /// The sample at `place`, or an error that names what is wrong with it.
    func sample(_ place: SampleOrder.Place, _ random: CounterRandom) throws -> MaskedSample {
        let files = try source.read(part: place.part, sample: place.sample)
        let decoded = try decoder.decode(files, random.substream("decode"))
        let samples = masking.modalities.map { decoded[$0.name]?.masking ?? .image }
        let masks = try masking.mask(samples, random.substream("mask"))
        var parts: [String: MaskedSample.Part] = [:]
        for (modality, masked) in zip(masking.modalities, masks.modalities) {
            guard let content = decoded[modality.name]?.content else { continue }
            parts[modality.name] = MaskedSample.Part(masked: masked, content: content)
        }
        return MaskedSample(name: files.name, parts: parts)
    }

    /// The sample at `place`; one that is damaged is counted, and another that `random` draws comes in its place, so that the result depends on the
    /// data and the stream alone.
    /// - Throws: the last error, if so many in a row are damaged that all of them may be.
    func sample(_ place: SampleOrder.Place, of order: SampleOrder, _ random: CounterRandom) throws -> MaskedSample {
        var place = place
        for draw in 0..<MaskedDataset.mostDraws {
            do {
                return try sample(place, random)
            } catch {
                damaged.add("\(name): part \(place.part), sample \(place.sample)", error)
                if draw + 1 == MaskedDataset.mostDraws {
                    throw FourMError("\(name): \(draw + 1) samples in a row cannot be used; the last: \(error)")
                }
                place = order.plainPlace(Int(random.substream("instead").integer(below: UInt64(order.count), at: draw)))
            }
        }
        throw FourMError("\(name) has no samples", .fault)
    }
}
