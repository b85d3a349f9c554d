import FourMCodecs
import FourMSettings
import Names

/// What a tokenizer is trained on: the files of a domain, and what its model takes (`MODALITY_INFO` of fourm/data/modality_info.py).
package struct TokenizerDomain: Sendable, Hashable {
    /// As files of ml-4m call it: `rgb`, `semseg_coco`, `CLIP-B16`.
    package let name: String
    /// Of the tokenizer's input; of class ids those of their embedding.
    package let channels: Int
    /// Classes of a segmentation.
    package let labels: Int?
    /// Whether inputs are pictures, of which the tokenizer makes patches, rather than maps or vectors of features.
    package let isPicture: Bool
    /// What the files hold.
    package let files: DenseFiles

    private init(_ name: String, _ channels: Int, labels: Int? = nil, _ files: DenseFiles, isPicture: Bool = true) {
        (self.name, self.channels, self.labels, self.files, self.isPicture) = (name, channels, labels, files, isPicture)
    }

    package static let all: [TokenizerDomain] =
        [
            TokenizerDomain("rgb", 3, .colors), TokenizerDomain("depth", 1, .depth), TokenizerDomain("normal", 3, .normals),
            TokenizerDomain("canny_edge", 1, .colors), TokenizerDomain("sam_edge", 1, .colors),
            TokenizerDomain("semseg_coco", 64, labels: 134, .labels(shifted: true)),
            // Of this program alone: class ids as they are.
            TokenizerDomain(ownClasses, 64, labels: 255, .labels(shifted: false)),
        ] + features.map { TokenizerDomain($0, $1, .features, isPicture: false) }

    private static let ownClasses = "semseg"

    private static let features = [
        ("CLIP-B16", 512), ("DINOv2-B14", 768), ("DINOv2-B14-global", 768), ("ImageBind-H14", 1280), ("ImageBind-H14-global", 1280),
        ("human_poses", 207),
    ]

    /// - Parameters:
    ///   - labels: Classes of a segmentation, instead of the domain's.
    ///   - channels: Of their embedding.
    /// - Throws: ``FourMError`` for a domain that is not trained here, and for numbers that it does not leave open.
    package init(_ name: String, labels: Int? = nil, channels: Int? = nil) throws(FourMError) {
        guard let known = TokenizerDomain.all.first(where: { $0.name == name }) else {
            throw FourMError("domain '\(name)' is not trained on; \(NearNames.hint(name, in: TokenizerDomain.all.map(\.name)))", .request)
        }
        if known.labels == nil, labels != nil || channels != nil {
            throw FourMError("n_labels and n_channels are for segmentations; domain '\(name)' has \(known.channels) channels", .request)
        }
        if name == TokenizerDomain.ownClasses, labels == nil {
            throw FourMError("domain '\(name)': set n_labels, the number of classes", .request)
        }
        self.init(name, channels ?? known.channels, labels: labels ?? known.labels, known.files, isPicture: known.isPicture)
    }

    /// The modality whose files these are.
    package var modality: String {
        switch name {
        case "semseg_coco", TokenizerDomain.ownClasses: "tok_semseg"
        case "CLIP-B16": "tok_clip"
        case "DINOv2-B14": "tok_dinov2"
        case "DINOv2-B14-global": "tok_dinov2_global"
        case "ImageBind-H14": "tok_imagebind"
        case "ImageBind-H14-global": "tok_imagebind_global"
        default: "tok_\(name)"
        }
    }

    /// Whether a sample is one vector.
    package var isVector: Bool { name.hasSuffix("-global") || name == "human_poses" }
}
