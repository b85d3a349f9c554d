import FourMCodecs
import FourMModels
import FourMSettings
import FourMText
import IR
import Media
import Runtime

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
        return try TimeSpan.measure(.decode, name) { try info.isSequence ? texts(name, batch) : images(info, batch) }
    }

    private func texts(_ name: String, _ batch: ModalityBatch) throws -> [DecodedTarget] {
        let tokenizer = try bundle.text()
        return try zip(batch.tokens, batch.inputMask).map { ids, mask in
            let kept = ids.indices.filter { !mask[$0] }.map { ids[$0] }
            let body = tokenizer.endID.map { idsBeforeEnd(kept, end: $0) } ?? kept
            let text = tokenizer.decode(body, skipSpecialTokens: false)
            var target = DecodedTarget(modality: name, tokens: kept)
            target.text = text
            try TimeSpan.measure(.draw, name) { try ModalityCodecs.text(of: name).present(text, &target, context) }
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
            try TimeSpan.measure(.draw, info.name) {
                try PictureForms.fill(&target, base: ModalityInfo.baseName(of: info.name), sample, context)
            }
            return target
        }
    }
}
