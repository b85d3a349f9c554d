import FourMCodecs
import FourMModels
import FourMSettings
import IR
import Media

/// Pictures of image-like targets of which not every token is decided.
///
/// An open position shows what the step predicted for it, as `generate_iter` of the reference; where nothing was predicted, the token
/// of the nearest decided position stands in, and its patch is faded.
struct DraftPainter {
    let bundle: LoadedBundle
    let info: ModelModality

    /// nil where there is nothing to show yet, or where only a diffusion decoder could show it and the target is not finished.
    func picture(tokens: [Int], isOpen: [Bool], predicted: [Int: Int], isLast: Bool) throws -> ByteImage? {
        guard let grid = info.grid, grid.rows * grid.columns == tokens.count else { return nil }
        guard let tokenizer = try decoder(isLast: isLast) else { return nil }
        var known = tokens.indices.map { isOpen[$0] ? predicted[$0] : tokens[$0] }
        let unknown = known.indices.filter { known[$0] == nil }
        if unknown.count == known.count { return nil }
        if !unknown.isEmpty { known = DraftPainter.filled(known, columns: grid.columns) }
        let ids = try tokenizer.layout([known.map { $0 ?? 0 }], grid: grid)
        let decoded = try tokenizer.detokenize(ids)
        guard let picture = try PictureForms.picture(base: ModalityInfo.baseName(of: info.name), decoded) else { return nil }
        return try DraftPainter.faded(picture, unknown, grid)
    }

    /// The bundle's one-pass decoder for the modality; for a finished target any decoder.
    private func decoder(isLast: Bool) throws -> TokenizerModel? {
        guard bundle.bundle.hasTokenizer(info.name) else { return nil }
        let tokenizer = try bundle.tokenizer(info.name, preview: true, part: .decoder)
        return isLast || !tokenizer.isDiffusion ? tokenizer : nil
    }

    /// Unknown tokens taken from the nearest known one: rings around it, a step to a neighbour at a time.
    static func filled(_ tokens: [Int?], columns: Int) -> [Int?] {
        var known = tokens
        while known.contains(where: { $0 == nil }) {
            let before = known
            for index in before.indices where before[index] == nil {
                let column = index % columns
                let neighbours = [
                    column > 0 ? index - 1 : nil, column + 1 < columns ? index + 1 : nil, index - columns, index + columns,
                ]
                known[index] = neighbours.compactMap { $0.flatMap { before.indices.contains($0) ? before[$0] : nil } }.first
            }
            if known == before { break }
        }
        return known
    }

    /// `picture` with the patches of `open` mixed with light grey.
    static func faded(_ picture: ByteImage, _ open: [Int], _ grid: (rows: Int, columns: Int)) throws -> ByteImage {
        if open.isEmpty { return picture }
        let (height, width) = (picture.height / max(grid.rows, 1), picture.width / max(grid.columns, 1))
        var samples = picture.samples
        for index in open {
            let (top, left) = (index / grid.columns * height, index % grid.columns * width)
            for y in top..<min(top + height, picture.height) {
                let start = (y * picture.width + left) * picture.channels
                let end = (y * picture.width + min(left + width, picture.width)) * picture.channels
                for place in start..<max(start, end) { samples[place] = UInt8((Int(samples[place]) + 3 * 216) / 4) }
            }
        }
        return try ByteImage(width: picture.width, height: picture.height, channels: picture.channels, samples: samples)
    }
}
