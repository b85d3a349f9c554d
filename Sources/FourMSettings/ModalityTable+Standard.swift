import FourMText

extension ModalityTable {
    /// The modalities of 4M-7 at 224 pixels.
    package static let fourM7: [ModalityInfo] = [
        .pixels("rgb@224", "RGB", size: 224),
        .text("caption", "Caption", length: 256, sharesVocabulary: false),
        .text("det", "Bounding boxes", length: 256, sharesVocabulary: false),
        .tokens("tok_rgb@224", "RGB tokens", vocabulary: 16384, size: 224),
        .tokens("tok_depth@224", "Depth", vocabulary: 8192, size: 224),
        .tokens("tok_normal@224", "Surface normals", vocabulary: 8192, size: 224),
        .tokens("tok_semseg@224", "Semantic segmentation", vocabulary: 4096, size: 224),
        .tokens("tok_clip@224", "CLIP-B/16 features", vocabulary: 8192, size: 224),
    ]

    /// What 4M-21 adds.
    package static let fourM21: [ModalityInfo] = [
        .vectors("t5_caption", "Caption as T5 embeddings", length: 77, width: 4096),
        .text("metadata", "Metadata", length: 40),
        .text("human_poses", "Human poses", length: 263, maxTokens: 275, channels: 207),
        .text("color_palette", "Colour palette", length: 23),
        .text("sam_instance", "SAM instances", length: 290, isPretokenized: true),
        .tokens("tok_canny_edge@224", "Canny edges", vocabulary: 8192, size: 224),
        .tokens("tok_sam_edge@224", "SAM edges", vocabulary: 8192, size: 224),
        .tokens("tok_dinov2@224", "DINOv2-B/14 features", vocabulary: 8192, size: 224, patch: 14),
        .tokens("tok_imagebind@224", "ImageBind-H/14 features", vocabulary: 8192, size: 224, patch: 14),
        .globalTokens("tok_dinov2_global", "DINOv2-B/14 global features"),
        .globalTokens("tok_imagebind_global", "ImageBind-H/14 global features"),
    ]

    /// The 448-pixel modalities of the super-resolution model.
    package static let superResolution: [ModalityInfo] = [
        .pixels("rgb@448", "RGB at 448", size: 448),
        .tokens("tok_rgb@448", "RGB tokens at 448", vocabulary: 16384, size: 448),
        .tokens("tok_depth@448", "Depth at 448", vocabulary: 8192, size: 448),
        .tokens("tok_normal@448", "Surface normals at 448", vocabulary: 8192, size: 448),
        .tokens("tok_semseg@448", "Semantic segmentation at 448", vocabulary: 4096, size: 448),
        .tokens("tok_clip@448", "CLIP-B/16 features at 448", vocabulary: 8192, size: 448),
    ]

    /// What tokenizers take and give, never the transformer.
    package static let tokenizerOnly: [ModalityInfo] = [
        .raw("rgb", "RGB", channels: 3),
        .raw("depth", "Depth", channels: 1),
        .raw("normal", "Surface normals", channels: 3),
        .raw("semseg_coco", "COCO semantic segmentation", channels: 64, labels: 134),
        .raw("canny_edge", "Canny edges", channels: 1),
        .raw("sam_mask", "SAM mask", channels: 1, maxTokens: 64),
        .raw("CLIP-B16", "CLIP-B/16 features", kind: .featureMap, channels: 512),
        .raw("DINOv2-B14", "DINOv2-B/14 features", kind: .featureMap, channels: 768),
        .raw("DINOv2-B14-global", "DINOv2-B/14 global features", kind: .featureMap, channels: 768),
        .raw("ImageBind-H14", "ImageBind-H/14 features", kind: .featureMap, channels: 1280),
        .raw("ImageBind-H14-global", "ImageBind-H/14 global features", kind: .featureMap, channels: 1280),
    ]
}

extension ModalityInfo {
    fileprivate static func pixels(_ name: String, _ title: String, size: Int) -> ModalityInfo {
        var info = ModalityInfo(name: name, title: title, kind: .image)
        info.inputSize = size
        info.patchSize = 16
        info.channels = 3
        info.encoder = .imagePatches
        return info
    }

    fileprivate static func tokens(
        _ name: String, _ title: String, vocabulary: Int, size: Int, patch: Int = 16
    ) -> ModalityInfo {
        var info = ModalityInfo(name: name, title: title, kind: .image)
        info.vocabularySize = vocabulary
        info.inputSize = size
        info.patchSize = patch
        info.encoder = .imageTokens
        info.decoder = .imageTokens
        info.isPretokenized = true
        return info
    }

    /// 16 tokens of a whole image, on a 4 x 4 grid with learned positions.
    fileprivate static func globalTokens(_ name: String, _ title: String) -> ModalityInfo {
        var info = ModalityInfo(name: name, title: title, kind: .image)
        info.vocabularySize = 8192
        info.patchSize = 56
        info.maxTokens = 16
        info.encoder = .imageTokens
        info.decoder = .imageTokens
        info.hasSinCosPositions = false
        info.isPretokenized = true
        return info
    }

    fileprivate static func text(
        _ name: String, _ title: String, length: Int, maxTokens: Int? = nil, channels: Int? = nil,
        sharesVocabulary: Bool = true, isPretokenized: Bool = false
    ) -> ModalityInfo {
        var info = ModalityInfo(name: name, title: title, kind: .sequence)
        info.vocabularySize = 30_000
        info.maxLength = length
        info.maxTokens = maxTokens ?? length
        info.channels = channels
        info.encoder = .sequence
        info.decoder = .sequence
        info.sharedVocabulary = sharesVocabulary ? ["caption"] : []
        info.isPretokenized = isPretokenized
        return info
    }

    fileprivate static func vectors(_ name: String, _ title: String, length: Int, width: Int) -> ModalityInfo {
        var info = ModalityInfo(name: name, title: title, kind: .sequenceEmbedding)
        info.maxLength = length
        info.maxTokens = length
        info.embeddingDim = width
        info.encoder = .sequenceEmbedding
        return info
    }

    fileprivate static func raw(
        _ name: String, _ title: String, kind: ModalityKind = .image, channels: Int, labels: Int? = nil,
        maxTokens: Int? = nil
    ) -> ModalityInfo {
        var info = ModalityInfo(name: name, title: title, kind: kind)
        info.channels = channels
        info.labels = labels
        info.maxTokens = maxTokens
        return info
    }
}
