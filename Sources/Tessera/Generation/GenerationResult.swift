import Foundation
import FourM
import FourMCodecs
import Media

/// Everything generated for one sample.
public struct GenerationResult: Sendable {
    /// Number of the sample, from 0.
    public let sample: Int
    /// Number of the sample's variation, from 0.
    public let variation: Int
    /// In the order of generation.
    public let targets: [GeneratedTarget]
    private let inner: FourM.GenerationResult

    init(_ result: FourM.GenerationResult) throws {
        (sample, variation, inner) = (result.key.sample, result.key.variation, result)
        targets = try result.targets.map { GeneratedTarget($0, picture: try ResultWriter.picture($0, result)) }
    }

    /// What was generated of `modality`.
    public subscript(modality: String) -> GeneratedTarget? { targets.first { $0.modality == modality } }

    /// Writes pictures, raw values, tokens and texts of all targets into `folder`, which is made if missing.
    /// - Throws: ``TesseraError`` naming the file.
    public func write(to folder: String) throws(TesseraError) {
        _ = try translatingErrors { try ResultWriter().write(inner, to: URL(fileURLWithPath: folder)) }
    }
}

/// One generated modality in the forms that people and programs want.
public struct GeneratedTarget: Sendable {
    /// Name of the modality.
    public let modality: String
    /// Token ids; a grid's row by row.
    public let tokens: [Int]
    /// What the tokens stand for: colours or normals f32 [3, height, width], depth f32 [height, width], classes u8 [height, width], features
    /// f32 [channels, height, width].
    public let values: Tensor?
    /// The target as a person sees it; boxes and the like are drawn over the photo.
    public let picture: Picture?
    /// What the tokens say, of a text; nil otherwise.
    public let text: String?
    /// The structure that the tokens stand for, as a JSON document.
    public let json: String?
    /// Detected objects; empty for other modalities.
    public let boxes: [Box]
    /// What of the tokens could not be read.
    public let warnings: [String]

    /// A detected object; coordinates are fractions of the picture's width and height.
    public struct Box: Sendable, Hashable {
        /// The class, as the tokens name it.
        public let label: String
        /// Left edge, 0…1 of the width.
        public let xMin: Double
        /// Upper edge, 0…1 of the height.
        public let yMin: Double
        /// Right edge, 0…1 of the width.
        public let xMax: Double
        /// Lower edge, 0…1 of the height.
        public let yMax: Double
    }

    init(_ target: DecodedTarget, picture: ByteImage?) {
        (modality, tokens, text, json, warnings) = (target.modality, target.tokens, target.text, target.json, target.warnings)
        values = target.values.map { Tensor($0) }
        self.picture = picture.map { Picture($0) }
        boxes = (target.boxes?.boxes ?? []).map { Box(label: $0.label, xMin: $0.xMin, yMin: $0.yMin, xMax: $0.xMax, yMax: $0.yMax) }
    }
}
