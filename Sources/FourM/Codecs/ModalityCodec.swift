import IR
import Importers
import Media

/// What codecs need to know beside the values themselves.
struct CodecContext {
    /// Bins of box coordinates.
    var boxBins = 1000
    /// Classes that boxes may have; empty if they are not known.
    var boxClasses: () throws -> [String] = { [] }
    /// Names of segmentation classes by id; empty for COCO's where the number of classes fits.
    var semsegClasses: [String] = []
    /// The bundle's tokenizer of a modality, nil if it has none.
    var tokenizer: (String, TokenizerPart) throws -> TokenizerModel? = { _, _ in nil }
}

extension CodecContext {
    init(_ bundle: LoadedBundle) {
        boxBins = bundle.bundle.boxBins
        boxClasses = { try bundle.text().objectClasses }
        semsegClasses = bundle.bundle.semsegClasses
        tokenizer = { name, part in
            bundle.bundle.hasTokenizer(name) ? try bundle.tokenizer(name, part: part) : nil
        }
    }
}

/// Files and pictures of a modality whose tokens an image tokenizer makes.
protocol DenseCodec: Sendable {
    /// What the tokenizer takes of the picture at `path`, f32 [1, channels, height, width] or i64 class ids [1, height, width], and the
    /// picture as a person sees it.
    func read(_ path: String, _ form: DenseForm) throws -> (values: Tensor, picture: ByteImage?)

    /// The same of an array that has the tokenizer's shape.
    func adopt(_ values: Tensor, _ form: DenseForm) throws -> (values: Tensor, picture: ByteImage?)

    /// Fills in what `decoded` f32 [channels, height, width] looks like.
    func present(_ decoded: Tensor, _ target: inout DecodedTarget, _ context: CodecContext) throws
}

extension DenseCodec {
    func read(_ path: String, _ form: DenseForm) throws -> (values: Tensor, picture: ByteImage?) {
        throw FourMError("'\(form.modality)' is not made from a picture such as \(path); give its features or tokens as .npy")
    }

    /// Values that are already as the tokenizer takes them, shown as its output would be.
    func adopt(_ values: Tensor, _ form: DenseForm) throws -> (values: Tensor, picture: ByteImage?) {
        var shown = DecodedTarget(modality: form.modality, tokens: [])
        if values.rank == 4, values.shape[0] == 1, let inner = values.reshaped(Array(values.shape.dropFirst())) {
            try present(inner, &shown, CodecContext())
        }
        return (values, shown.picture)
    }
}

/// What a tokenizer asks of its input.
struct DenseForm {
    var modality: String
    var size: PixelSize
    var channels = 3
    /// Segmentation classes, 0 if unknown.
    var classes = 0
    var normalization = PixelNormalization.minus1To1
    var options: ImageFile.Options = []
}

/// Text and structures of a modality that the model writes as a sequence of words.
protocol TextCodec: Sendable {
    /// Whether a value given as it is, not in a `.json` file, is JSON.
    func readsJSON(_ value: String) -> Bool

    /// The model's words for what a JSON document says.
    /// - Throws: ``FourMError`` saying what is wrong with it.
    func text(_ json: JSONNode, _ context: CodecContext) throws -> String

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
enum ModalityCodecs {
    static let dense: [String: any DenseCodec] = [
        "tok_rgb": ColorCodec(), "tok_normal": ColorCodec(), "tok_depth": DepthCodec(), "tok_semseg": SegmentationCodec(),
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
    static func text(of name: String) -> any TextCodec { text[ModalityInfo.baseName(of: name)] ?? CaptionCodec() }
}
