import FourMSettings

/// In what forms a modality is given and comes out, in words (`Docs/generation.md` says more).
package struct ModalityForms: Sendable {
    /// What `--input MODALITY=…` takes.
    package let given: String
    /// Endings of the files that a generation writes beside `MODALITY.tokens.npy`; empty for inputs.
    package let files: [String]

    /// - Parameter modality: with or without size.
    package static func of(_ modality: String) -> ModalityForms {
        table[ModalityInfo.baseName(of: modality)] ?? ModalityForms(".npy of tokens", [])
    }

    private init(_ given: String, _ files: [String]) { (self.given, self.files) = (given, files) }

    private static let features = ModalityForms(".npy f32 [channels, h, w]", [".png", ".npy"])
    private static let vector = ModalityForms(".npy f32 [channels]", [".png", ".npy"])

    private static let table: [String: ModalityForms] = [
        "rgb": ModalityForms("PNG, JPEG, WebP", []),
        "tok_rgb": ModalityForms("PNG, JPEG, WebP", [".png", ".npy"]),
        "tok_normal": ModalityForms("PNG, .npy f32 [3, h, w]", [".png", ".npy"]),
        "tok_depth": ModalityForms("16-bit grey PNG, .npy f32 [h, w]", [".png", ".16bit.png", ".npy"]),
        "tok_semseg": ModalityForms("PNG of class ids, .npy integers [h, w]", [".png", ".labels.png", ".json", ".npy"]),
        "tok_canny_edge": ModalityForms("PNG of edges, canny:PHOTO", [".png", ".npy"]),
        "tok_sam_edge": ModalityForms("PNG of edges", [".png", ".npy"]),
        "tok_clip": features, "tok_dinov2": features, "tok_imagebind": features,
        "tok_dinov2_global": vector, "tok_imagebind_global": vector,
        "caption": ModalityForms("text, @FILE.txt", [".txt"]),
        "t5_caption": ModalityForms(".npy f32 [n, channels], .npz", []),
        "det": ModalityForms("JSON of boxes, text", [".png", ".json", ".txt"]),
        "metadata": ModalityForms("JSON of fields, text", [".json", ".txt"]),
        "color_palette": ModalityForms("#rrggbb words, JSON", [".png", ".json", ".txt"]),
        "human_poses": ModalityForms("JSON of people, text", [".png", ".json", ".txt"]),
        "sam_instance": ModalityForms("JSON of instances, text", [".png", ".labels.png", ".json", ".txt"]),
    ]
}
