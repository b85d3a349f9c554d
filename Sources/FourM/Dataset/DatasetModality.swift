/// What the files of one modality are, and which tokenizer takes them.
public struct DatasetModality: Sendable, Hashable {
    /// How a file becomes a tokenizer's input. Reference: MODALITY_TRANSFORMS_DIVAE in `fourm/data/modality_info.py`.
    public enum Form: Sendable, Hashable {
        case colors
        /// Flipping negates the x component.
        case normals
        case depth
        /// Class ids; shifted: one more each, 255 becomes 0.
        case labels(shifted: Bool)
        /// `.npy` arrays of another network's features, f32 [channels, rows, columns], or [crops, …].
        case features

        /// Suffixes of the files.
        var suffixes: Set<String> { self == .features ? ["npy"] : SampleName.pictures }
    }

    /// Name of the tokenizer in a bundle: `tok_rgb`.
    public let base: String
    /// Name without `tok_` and size: the folder that holds the files.
    public let folder: String
    public let form: Form

    /// `rgb`, `tok_rgb` and `tok_rgb@224` are the same. `semseg` takes class ids as they are; `semseg_coco` shifts them by one, as the
    /// reference does for COCO.
    /// - Throws: ``FourMError`` for modalities that have no files of this kind.
    public init(_ name: String) throws(FourMError) {
        let plain = ModalityInfo.baseName(of: name)
        folder = plain.hasPrefix("tok_") ? String(plain.dropFirst(4)) : plain
        let isCOCO = folder == "semseg_coco"
        base = "tok_" + (isCOCO ? "semseg" : folder)
        switch folder {
        case "rgb", "canny_edge", "sam_edge": form = .colors
        case "normal": form = .normals
        case "depth": form = .depth
        case "semseg", "semseg_coco": form = .labels(shifted: isCOCO)
        case "clip", "dinov2", "dinov2_global", "imagebind", "imagebind_global": form = .features
        default:
            throw FourMError(
                "data sets of '\(name)' cannot be tokenized; known: canny_edge, clip, depth, dinov2, dinov2_global, imagebind, "
                    + "imagebind_global, normal, rgb, sam_edge, semseg, semseg_coco")
        }
    }
}
