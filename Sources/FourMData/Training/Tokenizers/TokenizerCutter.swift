import Formats
import FourMCodecs
import FourMModels
import FourMSampling
import FourMSettings
import IR
import Media

/// A sample that is ready for a batch.
struct CutSample: Sendable {
    let name: String
    /// With a leading 1.
    let input: Tensor
    /// Height and width of what was cut out, in pixels of the whole picture; nil for features.
    let size: [Int]?
}

/// From the files of a sample to a tokenizer's input (`RandomCropImageAugmenter` and `CenterCropImageAugmenter` of fourm/data/image_augmenter.py).
struct TokenizerCutter: Sendable {
    /// The modality that says which pixels are valid.
    static let mask = "mask_valid"

    private let domain: TokenizerDomain
    private let crops: TokenizerCrops
    private let isRandom: Bool
    private let preparation: SamplePreparation

    init(_ domain: TokenizerDomain, _ crops: TokenizerCrops, isRandom: Bool) {
        (self.domain, self.crops, self.isRandom) = (domain, crops, isRandom)
        let channels = (domain.labels == nil ? domain.channels : 3) + (crops.maskValue == nil ? 0 : 1)
        let form = DenseForm(
            modality: domain.modality, size: PixelSize(height: crops.side, width: crops.side), channels: channels,
            classes: domain.labels ?? 0,
            takesVectors: domain.isVector, normalization: crops.normalization.values)
        preparation = SamplePreparation(files: domain.files, form: form, filter: nil, maskValue: crops.maskValue.map { Float($0) })
    }

    /// - Throws: what names the file that is damaged or does not fit.
    func cut(_ sample: SampleFiles, _ random: CounterRandom) throws -> CutSample {
        guard let file = sample.files[domain.name] else { throw FourMError("\(sample.name) has no file of '\(domain.name)'") }
        let decoded = try preparation.decode(file.bytes, name: file.name)
        guard let size = decoded.size else { return try features(decoded, file, random) }
        let mask = try sample.files[TokenizerCutter.mask].map { try preparation.decodeMask($0.bytes, name: $0.name) }
        let crop = crop(size, random)
        let input = try preparation.inputs(decoded, CropSettings([crop]), mask: mask, name: file.name)
        return CutSample(name: file.name, input: input, size: [crop.height, crop.width])
    }

    /// One of the crops that a file has features of.
    private func features(_ decoded: SamplePreparation.Decoded, _ file: SampleFile, _ random: CounterRandom) throws -> CutSample {
        guard case .features(let all) = decoded, let count = all.shape.first, count > 0 else {
            throw FourMError("\(file.name) has no features")
        }
        let index = isRandom ? Int(random.substream("crop").integer(below: UInt64(count), at: 0)) : 0
        let width = all.count / count
        let values = Array(all.floats[index * width..<(index + 1) * width])
        return CutSample(name: file.name, input: Tensor(values, [1] + all.shape.dropFirst()), size: nil)
    }

    private func crop(_ size: (width: Int, height: Int), _ random: CounterRandom) -> CropSettings.Crop {
        guard isRandom else { return .center(width: size.width, height: size.height) }
        var crop = CropSettings.Crop.random(
            width: size.width, height: size.height, minimumScale: crops.smallestScale, random.substream("crop"))
        crop.flip = random.substream("flip").uniform(at: 0) < crops.flipShare
        return crop
    }
}

extension TokenizerCrops.Normalization {
    fileprivate var values: PixelNormalization {
        switch self {
        case .centered: .minus1To1
        case .imageNet: .imagenet
        case .surfaceNormals: PixelNormalization(mean: [0.501, 0.405, 0.137], std: [0.114, 0.165, 0.081])
        }
    }
}
