import Digests

/// The form in which a modality enters and leaves the transformer.
package enum ModalityKind: String, Codable, Hashable, Sendable, CaseIterable {
    /// A grid of tokens or pixels.
    case image = "img"
    /// A sequence of text tokens with sentinels.
    case sequence = "seq"
    /// A sequence of vectors, input only.
    case sequenceEmbedding = "seq_emb"
    /// A sequence of tokens that are not text.
    case sequenceToken = "seq_token"
    /// A map of features, for tokenizers only.
    case featureMap = "feature_map"
}

/// How the encoder embeds a modality.
package enum EncoderEmbedding: String, Codable, Hashable, Sendable {
    /// Pixel patches through one linear layer; flattened (row, column, channel).
    case imagePatches
    /// Codes of an image tokenizer, with 2-D positions.
    case imageTokens
    /// Text token ids, with 1-D positions.
    case sequence
    /// Vectors through one linear layer, with 1-D positions.
    case sequenceEmbedding
}

/// How the decoder embeds and predicts a modality.
package enum DecoderEmbedding: String, Codable, Hashable, Sendable {
    case imageTokens
    case sequence
}

/// What is known of a modality. Source: `fourm/data/modality_info.py`.
package struct ModalityInfo: Codable, Hashable, Sendable {
    /// E.g. `tok_depth@224`; what follows `@` is the image size.
    package let name: String
    /// For people.
    package let title: String
    package let kind: ModalityKind
    /// Number of token ids; nil where there are none.
    package var vocabularySize: Int?
    /// Side of the square image; nil: the model's.
    package var inputSize: Int?
    /// Side of the square patch that one token stands for; nil: the model's.
    package var patchSize: Int?
    /// Channels of pixels or features.
    package var channels: Int?
    /// Rows of the 1-D position table in use: decoder positions from here on become 0.
    package var maxLength: Int?
    /// Longest generated sequence, or tokens of a fixed-size set; nil: as many as the grid has.
    package var maxTokens: Int?
    package var encoder: EncoderEmbedding?
    package var decoder: DecoderEmbedding?
    /// Whether positions are fixed sine-cosine tables rather than learned.
    package var hasSinCosPositions = true
    /// Width of the vectors of a `seq_emb` modality.
    package var embeddingDim: Int?
    /// Classes of a segmentation.
    package var labels: Int?
    /// Modalities whose vocabulary this one shares.
    package var sharedVocabulary: [String] = []
    /// Whether data sets hold its tokens rather than its pixels.
    package var isPretokenized = false

    package init(name: String, title: String, kind: ModalityKind) {
        self.name = name
        self.title = title
        self.kind = kind
    }

    /// SHA-256 of the name as a whole number, modulo 2^15: the modality's id in attention masks.
    package var id: Int { Self.id(of: name) }

    /// The id that a modality of this name has.
    package static func id(of name: String) -> Int {
        let digest = SHA256.digest(of: Array(name.utf8))
        return (Int(digest[30]) << 8 | Int(digest[31])) & 0x7fff
    }

    /// Whether the transformer takes it as input.
    package var isInput: Bool { encoder != nil }
    /// Whether the transformer predicts it.
    package var isOutput: Bool { decoder != nil }
    /// Whether it is decoded from left to right.
    package var isSequence: Bool { kind == .sequence || kind == .sequenceToken }

    /// Name without the image size: `tok_depth` of `tok_depth@224`.
    package var baseName: String { Self.baseName(of: name) }

    /// Name without the image size.
    package static func baseName(of name: String) -> String {
        name.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init) ?? name
    }

    /// Side of the token grid; nil for other kinds than images.
    /// - Parameters: the model's image and patch size, for modalities that name none.
    package func gridSide(imageSize: Int = 224, patchSize: Int = 16) -> Int? {
        guard kind == .image, encoder != nil || decoder != nil else { return nil }
        let patch = self.patchSize ?? patchSize
        return patch > 0 ? (inputSize ?? imageSize) / patch : nil
    }

    /// Tokens of a complete instance: those of the grid, or the longest sequence.
    package func tokenCount(imageSize: Int = 224, patchSize: Int = 16) -> Int? {
        guard let side = gridSide(imageSize: imageSize, patchSize: patchSize) else { return maxTokens }
        return maxTokens ?? side.multipliedReportingOverflow(by: side).partialValue
    }
}
