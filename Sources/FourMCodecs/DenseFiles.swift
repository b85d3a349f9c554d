import FourMModels
import FourMSettings
import IR
import Media

/// What the files of an image-like modality hold. Reference: MODALITY_TRANSFORMS_DIVAE in `fourm/data/modality_info.py`.
package enum DenseFiles: Sendable, Hashable {
    case colors
    /// Flipping negates the x component.
    case normals
    case depth
    /// Class ids; shifted: one more each, 255 becomes 0.
    case labels(shifted: Bool)
    /// `.npy` arrays of another network's features, f32 [channels, rows, columns], or [crops, …].
    case features

    /// Suffixes of the files.
    package var suffixes: Set<String> { self == .features ? ["npy"] : SampleName.pictures }

    /// Those of ``suffixes`` whose files can be read.
    package var readSuffixes: Set<String> { self == .features ? suffixes : Set(ImageFormat.suffixes) }

    package var isLabels: Bool { if case .labels = self { true } else { false } }
}

/// A picture on its way from a file to a tokenizer: the same for a single input, a folder of them and a data set.
package enum DensePicture: Sendable {
    case colors(ByteImage), depth(Image16), labels(ByteImage)

    /// - Throws: `MediaError` naming the picture if it is not of this kind.
    package init(_ image: DecodedImage, _ files: DenseFiles, name: String) throws {
        switch files {
        case .colors: self = .colors(image.colors)
        case .normals: self = .colors(image.colors.rgb)
        case .depth: self = .depth(try image.gray16(file: name))
        case .labels: self = .labels(try image.labels(file: name))
        case .features: throw FourMError("\(name): features are no picture; give them as .npy")
        }
    }

    /// Width and height in pixels.
    package var size: (width: Int, height: Int) {
        switch self {
        case .colors(let image), .labels(let image): (image.width, image.height)
        case .depth(let image): (image.width, image.height)
        }
    }

    /// The part and size of the picture that `how` names.
    package func cut(_ how: Preprocess.Augmentation, _ files: DenseFiles) throws -> DensePicture {
        switch self {
        case .colors(let image): return .colors(try files == .normals ? Preprocess.normals(image, how) : Preprocess.rgb(image, how).rgb)
        case .depth(let image): return .depth(try Preprocess.depth(image, how))
        case .labels(let image):
            let ids = try Preprocess.labels(image, how)
            guard files == .labels(shifted: true) else { return .labels(ids) }
            return .labels(try ByteImage(width: ids.width, height: ids.height, channels: 1, samples: ids.samples.map { $0 &+ 1 }))
        }
    }

    /// The largest part in the middle that has the shape of `size`, in that size.
    func centered(_ size: PixelSize, _ files: DenseFiles) throws -> DensePicture {
        let how: Preprocess.Augmentation =
            switch self {
            case .colors(let image), .labels(let image): .init(centering: image, width: size.width, height: size.height)
            case .depth(let image): .init(centering: image, width: size.width, height: size.height)
            }
        return try cut(how, files)
    }

    /// What the tokenizer takes of it: f32 [1, channels, height, width], or i64 class ids [1, height, width].
    /// - Throws: ``FourMError`` naming the picture for a class that the tokenizer does not have.
    package func values(_ form: DenseForm, name: String) throws -> Tensor {
        let (width, height) = size
        switch self {
        case .colors(let image):
            let values = form.normalization.tensor(form.channels == 1 ? image.gray.rgb : image)
            let channels = min(form.channels, 3)
            return Tensor(Array(values.prefix(channels * width * height)), [1, channels, height, width])
        case .depth(let image): return Tensor(try Preprocess.standardizedDepth(Preprocess.unitDepth(image)), [1, 1, height, width])
        case .labels(let image): return Tensor(integers: try form.checked(image.samples.map { Int($0) }, name), [1, height, width])
        }
    }

    /// The picture as a person sees it.
    func shown(_ form: DenseForm) throws -> ByteImage {
        let (width, height) = size
        switch self {
        case .colors(let image): return image
        case .depth(let image): return try Pictures.depth(Preprocess.unitDepth(image), width: width, height: height)
        case .labels(let image): return try SegmentationCodec.picture(image.samples.map { Int($0) }, height, width, classes: form.classes)
        }
    }
}
