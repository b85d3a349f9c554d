import IR
import Media

/// One generated modality of one sample, in the forms that people and programs want.
public struct DecodedTarget: Sendable {
    public let modality: String
    /// Token ids; a dense grid's row by row, a text's without padding.
    public var tokens: [Int]
    /// Rows and columns of a dense target.
    public var grid: (rows: Int, columns: Int)?
    /// What the tokens stand for: pixels or normals f32 [3, h, w], depth f32 [h, w], classes u8 [h, w], features f32 [c, h, w].
    public var values: Tensor?
    public var picture: ByteImage?
    /// Depth as 16-bit grey, stretched to the full range.
    public var depth16: Image16?
    /// Classes as raw ids.
    public var labels: ByteImage?
    public var text: String?
    public var boxes: DetectedBoxes?

    public init(modality: String, tokens: [Int], grid: (rows: Int, columns: Int)? = nil) {
        self.modality = modality
        self.tokens = tokens
        self.grid = grid
    }
}

/// Makes people's forms from tokens.
struct TargetDecoder {
    let bundle: LoadedBundle
    let model: FourMModel
    var diffusion = DiffusionOptions()
    /// Uses one-pass decoders where the bundle has them.
    var usesPreviewDecoders = false

    /// Decodes target `name` of every row.
    func decode(_ name: String, _ batch: ModalityBatch) throws -> [DecodedTarget] {
        let info = try model.modality(name)
        return info.isSequence ? try texts(name, batch) : try images(info, batch)
    }

    private func texts(_ name: String, _ batch: ModalityBatch) throws -> [DecodedTarget] {
        let tokenizer = try bundle.text()
        return zip(batch.tokens, batch.inputMask).map { ids, mask in
            let kept = ids.indices.filter { !mask[$0] }.map { ids[$0] }
            let body = tokenizer.endID.map { idsBeforeEnd(kept, end: $0) } ?? kept
            let text = tokenizer.decode(body, skipSpecialTokens: false)
            var target = DecodedTarget(modality: name, tokens: kept)
            target.text = text
            if name == "det" { target.boxes = DetectedBoxes(parsing: text, bins: bundle.bundle.boxBins) }
            return target
        }
    }

    private func images(_ info: ModelModality, _ batch: ModalityBatch) throws -> [DecodedTarget] {
        if info.isGlobal, bundle.bundle.hasTokenizer(info.name) { return try vectors(info, batch) }
        guard let grid = info.grid, grid.rows * grid.columns == batch.length else {
            return batch.tokens.map { DecodedTarget(modality: info.name, tokens: $0) }
        }
        guard bundle.bundle.hasTokenizer(info.name) else {
            return batch.tokens.map { DecodedTarget(modality: info.name, tokens: $0, grid: grid) }
        }
        let tokenizer = try bundle.tokenizer(info.name, preview: usesPreviewDecoders, part: .decoder)
        let decoded = try tokenizer.detokenize(tokenizer.layout(batch.tokens, grid: grid), diffusion)
        return try batch.tokens.enumerated().map { row, tokens in
            let sample = RowMatrix.slice(decoded, row..<row + 1)
            var target = DecodedTarget(modality: info.name, tokens: tokens, grid: grid)
            try PictureForms.fill(&target, base: ModalityInfo.baseName(of: info.name), sample)
            return target
        }
    }
}

extension TargetDecoder {
    /// Global features: one vector of each sample.
    private func vectors(_ info: ModelModality, _ batch: ModalityBatch) throws -> [DecodedTarget] {
        let vectors = try bundle.tokenizer(info.name, part: .decoder).vectors(batch.tokens)
        return batch.tokens.enumerated().map { row, tokens in
            var target = DecodedTarget(modality: info.name, tokens: tokens)
            target.values = vectors.row(row).reshaped(Array(vectors.shape.dropFirst()))
            return target
        }
    }
}

/// From a decoder's output to pictures and raw values, by modality.
public enum PictureForms {
    /// Fills in values and pictures of `target` from `decoded` f32 [1, channels, height, width].
    public static func fill(_ target: inout DecodedTarget, base: String, _ decoded: Tensor) throws {
        guard decoded.rank == 4, let values = decoded.reshaped(Array(decoded.shape.dropFirst())) else {
            target.values = decoded
            return
        }
        let (channels, height, width) = (decoded.shape[1], decoded.shape[2], decoded.shape[3])
        target.values = values
        switch base {
        case "tok_depth":
            target.values = values.reshaped([height, width])
            target.picture = try Pictures.depth(values.floats, width: width, height: height)
            target.depth16 = try Pictures.depth16(values.floats, width: width, height: height)
        case "tok_semseg": try segmentation(&target, values, channels, height, width)
        case "tok_normal": target.picture = try Pictures.normals(values.floats, width: width, height: height)
        case "tok_rgb", "tok_canny_edge", "tok_sam_edge":
            guard channels == 3 || channels == 1 else { return }
            let colors = channels == 3 ? values.floats : values.floats + values.floats + values.floats
            target.picture = try PixelNormalization.minus1To1.image(colors, width: width, height: height)
        default: break
        }
    }

    /// The most probable class of each pixel.
    private static func segmentation(_ target: inout DecodedTarget, _ scores: Tensor, _ classes: Int, _ height: Int, _ width: Int) throws {
        let values = scores.floats
        let pixels = height * width
        let labels = (0..<pixels).map { pixel in
            (1..<max(classes, 1)).reduce(0) { values[$1 * pixels + pixel] > values[$0 * pixels + pixel] ? $1 : $0 }
        }
        target.values = Tensor(integers: labels, [height, width], as: .u8)
        target.picture = try Pictures.segmentation(labels, width: width, height: height, palette: .labels(classes))
        target.labels = try ByteImage(width: width, height: height, channels: 1, samples: labels.map { UInt8(clamping: $0) })
    }
}
