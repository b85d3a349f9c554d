import Formats
import FourMCodecs
import FourMModels
import FourMSettings
import IR
import Media

/// From the bytes of a sample to the tokenizer's input. The same on every thread; holds no state.
///
/// Reference: SaveVQDataset in `save_vq_tokens.py`, and the transforms of `fourm/data/modality_transforms.py`.
struct SamplePreparation: Sendable {
    let files: DenseFiles
    /// What the tokenizer takes; `size` is that of a crop.
    let form: DenseForm
    let filter: ResampleFilter?
    let maskValue: Float?

    /// A decoded picture, or features that need no more preparation.
    enum Decoded {
        case picture(DensePicture), features(Tensor)

        var size: (width: Int, height: Int)? { if case .picture(let picture) = self { picture.size } else { nil } }
    }

    /// - Throws: `MediaError`, `CheckpointError` or ``FourMError`` for bytes that are no such sample; `name` is what it calls them.
    func decode(_ bytes: ByteSlice, name: String) throws -> Decoded {
        if files == .features { return .features(try features(NumpyFile.decode(bytes, name: name), name)) }
        let image = try ImageFile.decode(bytes: Array(bytes.buffer), name: name, options: form.options)
        return .picture(try DensePicture(image, files, name: name))
    }

    private func features(_ tensor: Tensor, _ name: String) throws -> Tensor {
        let crops = try form.array(tensor, name)
        guard crops.shape[0] <= CropSettings.maximumCount else {
            throw FourMError("\(name): \(crops.shape[0]) crops are more than \(CropSettings.maximumCount)")
        }
        return crops
    }

    /// The crops of a picture, and of its mask: f32 [crops, channels, side, side], or i64 class ids [crops, side, side].
    func inputs(_ decoded: Decoded, _ settings: CropSettings, mask: ByteImage?, name: String) throws -> Tensor {
        switch decoded {
        case .features(let tensor): return tensor
        case .picture(let picture):
            let crops = try settings.crops.map { crop in
                try masked(try picture.cut(how(crop), files).values(form, name: name), mask, crop, name)
            }
            guard let all = RowMatrix.stack(crops) else { throw FourMError("\(name): the crop settings have no crop") }
            return all
        }
    }

    private func how(_ crop: CropSettings.Crop) -> Preprocess.Augmentation {
        Preprocess.Augmentation(crop: crop.box, width: form.size.width, height: form.size.height, filter: filter, flip: crop.flip)
    }

    /// `values` [1, channels, side, side] with the value for masked-out pixels; a tokenizer that takes one channel more also gets the mask,
    /// 1 where valid, -1 elsewhere.
    private func masked(_ values: Tensor, _ mask: ByteImage?, _ crop: CropSettings.Crop, _ name: String) throws -> Tensor {
        guard let maskValue, let mask, values.rank == 4 else { return values }
        let (channels, height, width) = (values.shape[1], values.shape[2], values.shape[3])
        let valid = try Preprocess.labels(mask, how(crop)).samples.map { $0 == 255 }
        guard valid.count == height * width else { throw FourMError("\(name): picture and mask have different sizes") }
        var filled = values.floats
        for index in filled.indices where !valid[index % valid.count] { filled[index] = maskValue }
        let takesMask = form.channels == channels + 1
        return Tensor(takesMask ? filled + valid.map { $0 ? 1 : -1 } : filled, [1, channels + (takesMask ? 1 : 0), height, width])
    }

    /// A mask: valid where white. Reference: MaskTransform, which takes what is exactly 1 after scaling to 0…1.
    func decodeMask(_ bytes: ByteSlice, name: String) throws -> ByteImage {
        let image = try ImageFile.decode(bytes: Array(bytes.buffer), name: name, options: form.options)
        switch image.pixels {
        case .bytes(let gray) where gray.channels == 1: return gray
        case .bilevel(let bits):
            return try ByteImage(width: bits.width, height: bits.height, channels: 1, samples: bits.samples.map { $0 == 0 ? 0 : 255 })
        default: throw FourMError("\(name): a mask is a grey or bilevel picture, white where valid")
        }
    }
}
