/// The kinds of metadata that 4M knows, in the order of their ids `v1=0`, `v1=1`, …
///
/// Source: `MetadataTransform` in `fourm/data/modality_transforms.py`.
package enum MetadataField: String, CaseIterable, Codable, Sendable, CodingKeyRepresentable {
    case originalWidth = "original_width"
    case originalHeight = "original_height"
    case captionCharacters = "caption_n_chars"
    case captionWords = "caption_n_words"
    case captionSentences = "caption_n_sentences"
    case humans = "n_humans"
    case samInstances = "n_sam_instances"
    case cocoInstances = "n_coco_instances"
    case cocoInstanceDiversity = "coco_instance_diversity"
    case colorfulness
    case brightness
    case contrast
    case saturation
    case entropy
    case walkability
    case objectness
    case semanticDiversity = "semantic_diversity"
    case geometricComplexity = "geometric_complexity"
    case occlusionScore = "occlusion_score"
    case watermarkScore = "watermark_score"
    case aestheticScore = "aesthetic_score"

    /// How a value becomes the number of a `v0` token.
    enum Scale: Equatable {
        /// Pixels in steps of 32.
        case pixels
        /// The number itself.
        case count
        /// The number of thresholds that the value reaches.
        case thresholds([Double])
        /// 50 bins over a range.
        case range(minimum: Double, maximum: Double)
    }

    static let pixelStep = 32
    static let bins = 50

    /// The field of a `v1` token's number.
    init?(id: Int) {
        guard Self.allCases.indices.contains(id) else { return nil }
        self = Self.allCases[id]
    }

    /// The number of the field's `v1` token.
    package var id: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    var scale: Scale {
        switch self {
        case .originalWidth, .originalHeight: .pixels
        case .captionCharacters, .captionWords, .captionSentences, .humans, .samInstances, .cocoInstances,
            .cocoInstanceDiversity, .semanticDiversity:
            .count
        case .watermarkScore: .thresholds([0.5])
        case .aestheticScore: .thresholds([4.5, 5.5])
        case .colorfulness: .range(minimum: 0, maximum: 150)
        case .brightness, .saturation: .range(minimum: 0, maximum: 255)
        case .contrast: .range(minimum: 0, maximum: 127)
        case .entropy: .range(minimum: 0, maximum: 10)
        case .walkability, .objectness: .range(minimum: 0, maximum: 1)
        case .geometricComplexity: .range(minimum: 0, maximum: 0.75)
        case .occlusionScore: .range(minimum: 0, maximum: 0.25)
        }
    }
}

/// A metadata value: a whole number for sizes, counts and classes, else a real one.
package enum MetadataValue: Sendable, Equatable, Codable {
    case integer(Int)
    case real(Double)

    /// The value as a real number.
    package var number: Double {
        switch self {
        case .integer(let value): Double(value)
        case .real(let value): value
        }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else {
            self = .real(try container.decode(Double.self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .integer(let value): try container.encode(value)
        case .real(let value): try container.encode(value)
        }
    }
}
