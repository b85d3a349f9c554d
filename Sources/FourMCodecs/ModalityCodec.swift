import Formats
import FourMModels
import FourMSettings
import IR
import Importers
import Media

/// What codecs need to know beside the values themselves.
package struct CodecContext {
    /// Bins of box coordinates.
    package var boxBins = 1000
    /// Classes that boxes may have; empty if they are not known.
    package var boxClasses: () throws -> [String] = { [] }
    /// Names of segmentation classes by id; empty for COCO's where the number of classes fits.
    package var semsegClasses: [String] = []
    /// The bundle's tokenizer of a modality, nil if it has none.
    package var tokenizer: (String, TokenizerPart) throws -> TokenizerModel? = { _, _ in nil }

    package init() {}
}

/// Files and pictures of a modality whose tokens an image tokenizer makes.
package protocol DenseCodec: Sendable {
    /// What its files hold; nil where they are of a kind of their own, of which there are no data sets.
    var files: DenseFiles? { get }

    /// Whether what its tokens stand for has a form as JSON.
    var writesJSON: Bool { get }

    /// What the tokenizer takes of the picture at `path`, f32 [1, channels, height, width] or i64 class ids [1, height, width], and the
    /// picture as a person sees it.
    func read(_ path: String, _ form: DenseForm) throws -> (values: Tensor, picture: ByteImage?)

    /// The same of a picture that messages call `name`.
    func read(_ image: DecodedImage, _ name: String, _ form: DenseForm) throws -> (values: Tensor, picture: ByteImage?)

    /// The same of an array that has the tokenizer's shape.
    func adopt(_ values: Tensor, _ form: DenseForm) throws -> (values: Tensor, picture: ByteImage?)

    /// What the colours of the picture of `values`, as the tokenizer takes them, mean; nil where they need no words.
    func key(_ values: Tensor, _ form: DenseForm, _ context: CodecContext) -> ColorKey?

    /// What `decoded` f32 [channels, height, width] looks like; nil for a number of channels that cannot be shown.
    func picture(_ decoded: Tensor) throws -> ByteImage?

    /// Fills in all forms of `decoded` f32 [channels, height, width].
    func present(_ decoded: Tensor, _ target: inout DecodedTarget, _ context: CodecContext) throws
}

extension DenseCodec {
    var files: DenseFiles? { nil }
    var writesJSON: Bool { false }

    func key(_ values: Tensor, _ form: DenseForm, _ context: CodecContext) -> ColorKey? { nil }

    func read(_ path: String, _ form: DenseForm) throws -> (values: Tensor, picture: ByteImage?) {
        if files == .features { throw noPicture(path, form) }
        return try read(ImageFile.decode(path: path, options: form.options), path, form)
    }

    func read(_ image: DecodedImage, _ name: String, _ form: DenseForm) throws -> (values: Tensor, picture: ByteImage?) {
        guard let files, files != .features else { throw noPicture(name, form) }
        let picture = try DensePicture(image, files, name: name).centered(form.size, files)
        return (try picture.values(form, name: name), try picture.shown(form))
    }

    func noPicture(_ name: String, _ form: DenseForm) -> FourMError {
        FourMError("'\(form.modality)' is not made from a picture such as \(name); give its features or tokens as .npy")
    }

    func present(_ decoded: Tensor, _ target: inout DecodedTarget, _ context: CodecContext) throws {
        target.picture = try picture(decoded)
    }

    /// Values that are already as the tokenizer takes them, shown as its output would be.
    func adopt(_ values: Tensor, _ form: DenseForm) throws -> (values: Tensor, picture: ByteImage?) {
        guard values.rank == 4, values.shape[0] == 1, let inner = values.reshaped(Array(values.shape.dropFirst())) else {
            return (values, nil)
        }
        return (values, try picture(inner))
    }
}

/// Text and structures of a modality that the model writes as a sequence of words.
package protocol TextCodec: Sendable {
    /// Whether a value given as it is, not in a `.json` file, is JSON.
    func readsJSON(_ value: String) -> Bool

    /// The model's words for what a JSON document says.
    /// - Throws: ``FourMError`` saying what is wrong with it.
    func text(_ json: ConfigValue, _ context: CodecContext) throws -> String

    /// The model's words for a plain text.
    func text(_ plain: String, _ context: CodecContext) throws -> String

    /// Fills in what `text` says.
    func present(_ text: String, _ target: inout DecodedTarget, _ context: CodecContext) throws
}

extension TextCodec {
    func readsJSON(_ value: String) -> Bool { CodecJSON.looksLike(value) }

    func text(_ plain: String, _ context: CodecContext) throws -> String { plain }
}

/// Which codec serves which modality (names without size).
package enum ModalityCodecs {
    package static let dense: [String: any DenseCodec] = [
        "tok_rgb": ColorCodec(files: .colors), "tok_normal": ColorCodec(files: .normals), "tok_depth": DepthCodec(),
        "tok_semseg": SegmentationCodec(),
        "tok_canny_edge": EdgeCodec(detects: true), "tok_sam_edge": EdgeCodec(detects: false),
        "tok_clip": FeatureCodec(), "tok_dinov2": FeatureCodec(), "tok_imagebind": FeatureCodec(),
        "tok_dinov2_global": FeatureCodec(), "tok_imagebind_global": FeatureCodec(),
        "human_poses": JointCodec(), "sam_instance": MaskCodec(),
    ]

    static let text: [String: any TextCodec] = [
        "caption": CaptionCodec(), "det": BoxCodec(), "metadata": MetadataCodec(), "color_palette": PaletteCodec(),
        "human_poses": PoseCodec(), "sam_instance": InstanceCodec(),
    ]

    /// The codec of a sequence; those unknown are plain text.
    package static func text(of name: String) -> any TextCodec { text[ModalityInfo.baseName(of: name)] ?? CaptionCodec() }
}
