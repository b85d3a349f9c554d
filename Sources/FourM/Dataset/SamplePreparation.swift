import IR
import Importers
import Media

/// From the bytes of a sample to the tokenizer's input. The same on every thread; holds no state.
///
/// Reference: SaveVQDataset in `save_vq_tokens.py`, and the transforms of `fourm/data/modality_transforms.py`.
struct SamplePreparation: Sendable {
    let form: DatasetModality.Form
    /// Height and width of the tokenizer's input.
    let side: Int
    /// Channels that the tokenizer takes.
    let channels: Int
    /// Classes that the tokenizer knows, if it takes class ids.
    let classes: Int?
    let normalization: PixelNormalization
    let filter: ResampleFilter?
    let maskValue: Float?
    let options: ImageFile.Options

    /// A decoded picture, or features that need no more preparation.
    enum Decoded {
        case colors(ByteImage), depth(Image16), labels(ByteImage), features(Tensor)

        var size: (width: Int, height: Int)? {
            switch self {
            case .colors(let image), .labels(let image): (image.width, image.height)
            case .depth(let image): (image.width, image.height)
            case .features: nil
            }
        }
    }

    /// - Throws: `MediaError`, `CheckpointError` or ``FourMError`` for bytes that are no such sample; `name` is what it calls them.
    func decode(_ bytes: ByteSlice, name: String) throws -> Decoded {
        if form == .features { return .features(try features(NumpyFile.decode(bytes, name: name), name)) }
        let image = try ImageFile.decode(bytes: Array(bytes.buffer), name: name, options: options)
        switch form {
        case .depth: return .depth(try image.gray16(file: name))
        case .labels: return .labels(try image.labels(file: name))
        default: return .colors(image.rgb)
        }
    }

    private func features(_ tensor: Tensor, _ name: String) throws -> Tensor {
        let shape = tensor.rank == 3 ? [1] + tensor.shape : tensor.shape
        guard tensor.dtype.isFloat, shape.count == 4, shape[1] == channels, !shape.contains(0), shape[0] <= CropSettings.maximumCount else {
            throw FourMError("\(name): features are floats [\(channels), rows, columns] or [crops, …], not \(tensor.type)")
        }
        let values = tensor.floats
        guard values.allSatisfy(\.isFinite) else { throw FourMError("\(name): the features hold values that are not finite") }
        return Tensor(values, shape)
    }

    /// The crops of a picture, and of its mask: f32 [crops, channels, side, side], or i64 class ids [crops, side, side].
    func inputs(_ picture: Decoded, _ settings: CropSettings, mask: ByteImage?, name: String) throws -> Tensor {
        let count = settings.crops.count
        switch picture {
        case .features(let tensor): return tensor
        case .labels(let image):
            let ids = try settings.crops.flatMap { crop in try Preprocess.labels(image, how(crop)).samples.map(id) }
            if let classes, let stranger = ids.first(where: { $0 >= classes }) {
                throw FourMError("\(name): class \(stranger) is not among the \(classes) classes of the tokenizer")
            }
            return Tensor(integers: ids, [count, side, side])
        case .depth(let image):
            let values = try settings.crops.flatMap { crop in
                let unit = Preprocess.unitDepth(try Preprocess.depth(image, how(crop)))
                return try masked(try Preprocess.standardizedDepth(unit), 1, mask, crop, name)
            }
            return Tensor(values, [count, values.count / (count * side * side), side, side])
        case .colors(let image):
            let values = try settings.crops.flatMap { crop in
                let cut = try form == .normals ? Preprocess.normals(image, how(crop)) : Preprocess.rgb(image, how(crop))
                return try masked(normalization.tensor(cut), 3, mask, crop, name)
            }
            return Tensor(values, [count, values.count / (count * side * side), side, side])
        }
    }

    private func how(_ crop: CropSettings.Crop) -> Preprocess.Augmentation {
        Preprocess.Augmentation(crop: crop.box, width: side, height: side, filter: filter, flip: crop.flip)
    }

    private func id(_ label: UInt8) -> Int { form == .labels(shifted: true) ? Int(label &+ 1) : Int(label) }

    /// `values` [channels, side, side] with the value for masked-out pixels; a tokenizer that takes one channel more also gets the mask,
    /// 1 where valid, -1 elsewhere.
    private func masked(
        _ values: [Float], _ channels: Int, _ mask: ByteImage?, _ crop: CropSettings.Crop, _ name: String
    ) throws -> [Float] {
        guard let maskValue, let mask else { return values }
        let valid = try Preprocess.labels(mask, how(crop)).samples.map { $0 == 255 }
        guard valid.count * channels == values.count else { throw FourMError("\(name): picture and mask have different sizes") }
        var filled = values
        for index in filled.indices where !valid[index % valid.count] { filled[index] = maskValue }
        return self.channels == channels + 1 ? filled + valid.map { $0 ? 1 : -1 } : filled
    }

    /// A mask: valid where white. Reference: MaskTransform, which takes what is exactly 1 after scaling to 0…1.
    func decodeMask(_ bytes: ByteSlice, name: String) throws -> ByteImage {
        let image = try ImageFile.decode(bytes: Array(bytes.buffer), name: name, options: options)
        switch image.pixels {
        case .bytes(let gray) where gray.channels == 1: return gray
        case .bilevel(let bits):
            return try ByteImage(width: bits.width, height: bits.height, channels: 1, samples: bits.samples.map { $0 == 0 ? 0 : 255 })
        default: throw FourMError("\(name): a mask is a grey or bilevel picture, white where valid")
        }
    }
}
