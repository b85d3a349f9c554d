import FourMModels
import FourMSettings
import IR
import Importers

/// Whether an image tokenizer is the one of its modality.
struct TokenizerFit {
    let part: BundlePart
    let file: String
    /// Metadata of its module.
    let facts: Attributes

    private var modality: String { part.modality ?? "" }

    /// - Parameters:
    ///   - models: the modality in each model of the bundle.
    ///   - semsegClasses: names that the bundle has for classes of pixels.
    /// - Throws: ``BundleError`` naming the file and what does not fit.
    func check(_ models: [ModelModality], semsegClasses: [String]) throws {
        guard facts.string(.family) != FourMImporter.transformerFamily else {
            throw noTokenizer
        }
        try checkKind()
        for model in models { try check(model) }
        guard modality == "tok_semseg", let labels = facts.integer(.labels), !semsegClasses.isEmpty, labels != semsegClasses.count else {
            return
        }
        throw BundleError(
            "semseg_classes has \(semsegClasses.count) names, but the tokenizer \(file) tells \(labels) classes apart; "
                + "give one name a class, in the order of their ids, or leave semseg_classes out")
    }

    /// The kind of its input, as far as the file tells.
    private func checkKind() throws {
        if let domain = facts.string(.domain), let owners = TokenizerFit.owners[domain], !owners.contains(modality) {
            throw misfit("is a tokenizer of '\(domain)'")
        }
        let expected = TokenizerFit.inputs[modality]
        let channels = facts.integer(.channels) ?? 0
        guard let expected, let input = facts.string(.input) else { return }
        guard input == expected.input, expected.channels.isEmpty || expected.channels.contains(channels) else {
            throw misfit("takes \(TokenizerFit.text(input, channels))")
        }
    }

    private func check(_ model: ModelModality) throws {
        if let codes = facts.integer(.codebookSize), let ids = model.vocabularySize, codes != ids {
            throw misfit("has \(codes) codes where the model has \(ids) token ids for '\(model.name)'")
        }
        let books = max(facts.integer(.codebooks) ?? 1, 1)
        guard let grid = model.grid else { return }
        let places = grid.rows * grid.columns
        guard books == 1 || places == books || places.isMultiple(of: books) else {
            throw misfit("makes \(books) tokens a place where the model has \(places) for '\(model.name)'")
        }
    }

    /// That the file is of another kind.
    var noTokenizer: BundleError { misfit("is a 4M transformer, no tokenizer") }

    private func misfit(_ what: String) -> BundleError {
        BundleError(
            "\(file) \(what), but the bundle names it for '\(modality)'; correct '\(part.key)' in the bundle's YAML file")
    }

    private static func text(_ input: String, _ channels: Int) -> String {
        switch input {
        case "class_ids": "class ids"
        case "feature_map": "feature maps of \(channels) channels"
        default: "pictures of \(channels) channel\(channels == 1 ? "" : "s")"
        }
    }

    /// What tokenizers of a modality take, and in how many channels; empty for any number.
    private static let inputs: [String: (input: String, channels: Set<Int>)] = [
        "tok_rgb": ("image", [3]), "tok_normal": ("image", [3]), "tok_depth": ("image", [1]), "tok_semseg": ("class_ids", []),
        "tok_canny_edge": ("image", [1, 3]), "tok_sam_edge": ("image", [1, 3]), "sam_instance": ("image", [1]),
    ]

    /// Modalities that tokenizers of a `domain` (as their configuration says) make tokens of.
    private static let owners: [String: Set<String>] = [
        "rgb": ["tok_rgb"], "depth": ["tok_depth"], "normal": ["tok_normal"], "semseg_coco": ["tok_semseg"],
        "canny_edge": ["tok_canny_edge", "tok_sam_edge"], "sam_edge": ["tok_canny_edge", "tok_sam_edge"], "CLIP-B16": ["tok_clip"],
        "DINOv2-B14": ["tok_dinov2"], "DINOv2-B14-global": ["tok_dinov2_global"], "ImageBind-H14": ["tok_imagebind"],
        "ImageBind-H14-global": ["tok_imagebind_global"], "sam_mask": ["sam_instance"], "human_poses": ["human_poses"],
    ]
}
