import Formats
import FourMModels
import FourMSettings
import IR
import Media

/// A sample as people see it: its picture, cut as the model is given it, and its caption.
package struct ShownSample: Sendable {
    package let name: String
    package let picture: ByteImage?
    package let caption: String?
}

extension EvaluationData {
    /// The first samples of the set; those that are damaged are left out.
    package func shown(_ count: Int) -> [ShownSample] {
        (0..<min(count, samples)).compactMap { number in try? dataset.shown(order.plainPlace(number), random) }
    }
}

extension MaskedDataset {
    fileprivate func shown(_ place: SampleOrder.Place, _ random: CounterRandom) throws -> ShownSample {
        let files = try source.read(part: place.part, sample: place.sample)
        let caption = try files.files["caption"].map { try CaptionFile.text($0, decoder.settings, 0, random, isTraining: false) }
        return ShownSample(name: files.name, picture: try decoder.picture(files, random), caption: caption)
    }
}

extension SampleDecoder {
    /// The picture that the model is given, in its size; nil of samples without one.
    fileprivate func picture(_ sample: SampleFiles, _ random: CounterRandom) throws -> ByteImage? {
        guard let info = modalities.first(where: { $0.encoder == .imagePatches }), let file = sample.files[info.name] else { return nil }
        let whole = try ImageFile.decode(bytes: file.bytes.withBytes { Array($0) }, name: file.name).colors.rgb
        guard let crop = try cut(sample, [info.baseName: whole], random).crop else { return nil }
        let side = info.inputSize ?? imageSize
        return try Preprocess.rgb(whole, Preprocess.Augmentation(crop: crop.box, width: side, height: side, flip: crop.flip))
    }
}
