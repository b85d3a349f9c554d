import Formats
import FourMCodecs
import FourMSampling
import FourMSettings
import FourMText
import FourMTraining
import IR
import Media

/// What a sample holds of a modality once it is decoded and cut: what masking takes of it, and the numbers behind that.
struct DecodedModality: Sendable {
    enum Content: Sendable {
        /// Ids of a grid.
        case tokens([Int])
        /// Ids that masking puts together.
        case text
        /// f32 [channels, height, width], normalised.
        case pixels([Float])
        /// f32 [count, width].
        case vectors([Float])
    }

    let masking: MaskingSample
    let content: Content
}

/// From the files of a sample to what is masked: crops, flips, the choice among crop settings, texts of structures.
///
/// Source: `UnifiedDataTransform` and the transforms of `fourm/data/modality_transforms.py`, with the augmenters of `fourm/data/image_augmenter.py`.
struct SampleDecoder: Sendable {
    let modalities: [ModalityInfo]
    let settings: DatasetSettings4M
    let tokenizer: TextTokenizer?
    /// Side of pictures, for modalities that name none.
    let imageSize, patchSize: Int
    /// Coordinate bins of boxes.
    let boxBins: Int
    /// Whether crops and the choice among them are random.
    let isTraining: Bool

    /// How a sample is cut.
    struct Cut: Sendable {
        /// nil: no modality is cut.
        var crop: CropSettings.Crop?
        /// Number of the crop settings; nil without them.
        var index: Int?
        /// Of the whole picture in pixels; nil where nothing tells it.
        var size: (width: Int, height: Int)?
    }

    /// Whether samples have crop settings: those with tokens.
    static func needsCropSettings(_ modalities: [ModalityInfo]) -> Bool { modalities.contains(where: \.isPretokenized) }

    /// - Parameter random: of this sample.
    /// - Throws: what names the file that is damaged, or does not fit its modality.
    func decode(_ sample: SampleFiles, _ random: CounterRandom) throws -> [String: DecodedModality] {
        var pictures: [String: ByteImage] = [:]
        for info in modalities where info.encoder == .imagePatches {
            guard pictures[info.baseName] == nil, let file = sample.files[info.name] else { continue }
            pictures[info.baseName] = try ImageFile.decode(bytes: file.bytes.withBytes { Array($0) }, name: file.name).colors.rgb
        }
        let cut = try cut(sample, pictures, random)
        var made: [String: DecodedModality] = [:]
        for info in modalities {
            guard let file = sample.files[info.name] else { throw FourMError("\(sample.name) has no file of '\(info.name)'") }
            let own = random.substream(info.name)
            made[info.name] =
                try info.encoder == .imagePatches
                ? pixels(info, pictures[info.baseName], cut, file) : decode(info, file, cut, own)
        }
        return made
    }

    private func decode(_ info: ModalityInfo, _ file: SampleFile, _ cut: Cut, _ random: CounterRandom) throws -> DecodedModality {
        switch info.baseName {
        case "caption": try text(try CaptionFile.text(file, settings, cut.index, random, isTraining: isTraining), info, file)
        case "det": try text(try DetectionFile.text(file, cut, bins: boxBins), info, file)
        case "metadata": try chunks(try StructureFiles.metadata(file, random), info, file)
        case "human_poses": try text(try StructureFiles.poses(file, cut, random), info, file)
        case "color_palette": try text(try StructureFiles.palette(file, random), info, file)
        case "t5_caption": try vectors(info, file, cut.index, random)
        case _ where info.encoder == .imageTokens || info.decoder == .imageTokens: try tokens(info, file, cut.index)
        default:
            throw FourMError("'\(info.name)' cannot be read for training; leave it out of in_domains and out_domains", .request)
        }
    }

    private func text(_ text: String, _ info: ModalityInfo, _ file: SampleFile) throws -> DecodedModality {
        DecodedModality(masking: .text(try encoded(text, info, file)), content: .text)
    }

    private func chunks(_ texts: [String], _ info: ModalityInfo, _ file: SampleFile) throws -> DecodedModality {
        DecodedModality(masking: .chunks(try texts.map { try encoded($0, info, file) }), content: .text)
    }

    private func encoded(_ text: String, _ info: ModalityInfo, _ file: SampleFile) throws -> [Int] {
        guard let tokenizer else { throw FourMError("'\(info.name)' needs a text tokenizer; set text_tokenizer_path", .request) }
        let ids = tokenizer.encode(text).ids
        if let size = info.vocabularySize, let stranger = ids.first(where: { $0 >= size }) {
            throw FourMError(
                "\(file.name): the text tokenizer gives the id \(stranger), and '\(info.name)' has a vocabulary of \(size); "
                    + "set modality_overrides.\(info.name).vocab_size", .request)
        }
        return ids
    }

    private func tokens(_ info: ModalityInfo, _ file: SampleFile, _ index: Int?) throws -> DecodedModality {
        let tensor = try NumpyFile.decode(file.bytes, name: file.name)
        let wanted = info.tokenCount(imageSize: imageSize, patchSize: patchSize) ?? 0
        guard tensor.dtype.isInteger, tensor.rank >= 2, wanted > 0, tensor.count == tensor.shape[0] * wanted else {
            throw FourMError("\(file.name): tokens of '\(info.name)' are integers [crops, \(wanted)], not \(tensor.type)")
        }
        guard let index, index < tensor.shape[0] else {
            throw FourMError("\(file.name) has tokens of \(tensor.shape[0]) crops, and the crop settings of the sample have more")
        }
        let ids = Array(tensor.row(index).integers)
        if let size = info.vocabularySize, let stranger = ids.first(where: { $0 < 0 || $0 >= size }) {
            throw FourMError("\(file.name): token \(stranger) is not in the vocabulary of \(size) of '\(info.name)'")
        }
        return DecodedModality(masking: .image, content: .tokens(ids))
    }

    private func pixels(_ info: ModalityInfo, _ picture: ByteImage?, _ cut: Cut, _ file: SampleFile) throws -> DecodedModality {
        guard let picture, let crop = cut.crop else { throw FourMError("\(file.name): nothing tells how the picture is cut") }
        let side = info.inputSize ?? imageSize
        let how = Preprocess.Augmentation(crop: crop.box, width: side, height: side, flip: crop.flip)
        return DecodedModality(
            masking: .image, content: .pixels(PixelNormalization.imagenet.tensor(try Preprocess.rgb(picture, how))))
    }

    /// `emb` [captions, length, width] with `mask_valid` [captions, length], of which the valid rows are taken.
    private func vectors(_ info: ModalityInfo, _ file: SampleFile, _ index: Int?, _ random: CounterRandom) throws -> DecodedModality {
        let arrays = try NumpyArchive.decode(file.bytes, name: file.name)
        guard let emb = arrays["emb"], let valid = arrays["mask_valid"], emb.rank == 3, emb.dtype.isFloat,
            valid.count == emb.shape[0] * emb.shape[1], emb.shape[2] == info.embeddingDim ?? emb.shape[2], emb.shape[0] > 0
        else {
            throw FourMError(
                "\(file.name): '\(info.name)' has 'emb' [captions, length, \(info.embeddingDim ?? 0)] and 'mask_valid' [captions, length]")
        }
        let row = try CaptionFile.choice(of: emb.shape[0], settings, index, random, isTraining: isTraining, file)
        let own = emb.row(row)
        try own.requireFinite(file.name)
        let flags = valid.doubles[row * emb.shape[1]..<(row + 1) * emb.shape[1]]
        let (floats, width) = (own.floats, emb.shape[2])
        let kept = flags.enumerated().filter { $0.element != 0 }.map(\.offset)
        return DecodedModality(
            masking: .vectors(kept.count), content: .vectors(kept.flatMap { floats[$0 * width..<($0 + 1) * width] }))
    }
}
