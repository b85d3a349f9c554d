import IR
import Media

/// One generated modality of one sample, in the forms that people and programs want.
package struct DecodedTarget: Sendable {
    package let modality: String
    /// Token ids; a dense grid's row by row, a text's without padding.
    package var tokens: [Int]
    /// Rows and columns of a dense target.
    package var grid: (rows: Int, columns: Int)?
    /// What the tokens stand for: pixels or normals f32 [3, h, w], depth f32 [h, w], classes u8 [h, w], features f32 [c, h, w], or [c] of a
    /// whole picture.
    package var values: Tensor?
    package var picture: ByteImage?
    /// Depth as 16-bit grey, stretched to the full range.
    package var depth16: Image16?
    /// Classes of pixels, or numbers of instances from 1, as raw ids.
    package var labels: ByteImage?
    package var text: String?
    package var boxes: DetectedBoxes?
    /// The structure that the tokens stand for, as a JSON document.
    package var json: String?
    /// What is to be drawn over the photo.
    package var overlay: Overlay?
    /// The text in a form for people, where that differs.
    package var summary: String?
    /// What a page says below the picture.
    package var footer = ""
    /// What of the tokens could not be read.
    package var warnings: [String] = []

    package init(modality: String, tokens: [Int], grid: (rows: Int, columns: Int)? = nil) {
        self.modality = modality
        self.tokens = tokens
        self.grid = grid
    }
}

extension DecodedTarget {
    /// What a tokenizer's output `decoded` f32 [1, channels, height, width] looks like; `bundle` names classes.
    package init(_ base: String, _ decoded: Tensor, _ bundle: LoadedBundle) throws {
        self.init(modality: base, tokens: [])
        try PictureForms.fill(&self, base: base, decoded, CodecContext(bundle))
    }
}

/// Makes people's forms from tokens.
struct TargetDecoder {
    let bundle: LoadedBundle
    let model: FourMModel
    var diffusion = DiffusionOptions()
    /// Uses one-pass decoders where the bundle has them.
    var usesPreviewDecoders = false

    private var context: CodecContext { CodecContext(bundle) }

    /// Decodes target `name` of every row.
    func decode(_ name: String, _ batch: ModalityBatch) throws -> [DecodedTarget] {
        let info = try model.modality(name)
        return info.isSequence ? try texts(name, batch) : try images(info, batch)
    }

    private func texts(_ name: String, _ batch: ModalityBatch) throws -> [DecodedTarget] {
        let tokenizer = try bundle.text()
        return try zip(batch.tokens, batch.inputMask).map { ids, mask in
            let kept = ids.indices.filter { !mask[$0] }.map { ids[$0] }
            let body = tokenizer.endID.map { idsBeforeEnd(kept, end: $0) } ?? kept
            let text = tokenizer.decode(body, skipSpecialTokens: false)
            var target = DecodedTarget(modality: name, tokens: kept)
            target.text = text
            try ModalityCodecs.text(of: name).present(text, &target, context)
            return target
        }
    }

    private func images(_ info: ModelModality, _ batch: ModalityBatch) throws -> [DecodedTarget] {
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
            try PictureForms.fill(&target, base: ModalityInfo.baseName(of: info.name), sample, context)
            return target
        }
    }
}

/// From a decoder's output to pictures and raw values, by modality.
package enum PictureForms {
    /// Fills in values and pictures of `target` from `decoded` f32 [1, channels, height, width].
    package static func fill(_ target: inout DecodedTarget, base: String, _ decoded: Tensor) throws {
        try fill(&target, base: base, decoded, CodecContext())
    }

    static func fill(_ target: inout DecodedTarget, base: String, _ decoded: Tensor, _ context: CodecContext) throws {
        guard let values = map(decoded) else {
            target.values = decoded
            return
        }
        target.values = values
        try ModalityCodecs.dense[base]?.present(values, &target, context)
    }

    /// The picture alone.
    static func picture(base: String, _ decoded: Tensor) throws -> ByteImage? {
        try map(decoded).flatMap { try ModalityCodecs.dense[base]?.picture($0) }
    }

    private static func map(_ decoded: Tensor) -> Tensor? {
        decoded.rank == 4 ? decoded.reshaped(Array(decoded.shape.dropFirst())) : nil
    }
}
