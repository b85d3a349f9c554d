import FourMCodecs
import FourMModels
import FourMSettings
import IR
import Importers
import Media

/// Runs tokenizers over what they are typically given, for who listens.
package enum TokenizerRehearsal {
    /// Denoising steps of a diffusion decoder: one in several noises is enough.
    private static let options: DiffusionOptions = {
        var made = DiffusionOptions()
        made.steps = 4
        return made
    }()

    /// Decodes the tokens of a target with the bundle's tokenizer of it, if there is one, and encodes what they stand for.
    static func run(_ bundle: LoadedBundle, _ target: DirectPrediction.Target, grid: (rows: Int, columns: Int)?) throws {
        guard bundle.bundle.hasTokenizer(target.name), let grid else { return }
        let decoder = try bundle.tokenizer(target.name, part: .decoder)
        let decoded = try decoder.detokenize(decoder.layout([target.tokens], grid: grid), options)
        if bundle.bundle.previewDecoders[ModalityInfo.baseName(of: target.name)] != nil {
            let preview = try bundle.tokenizer(target.name, preview: true, part: .decoder)
            _ = try preview.detokenize(preview.layout([target.tokens], grid: grid), options)
        }
        let encoder = try bundle.tokenizer(target.name, part: .encoder)
        guard encoder.has(FourMFunction.tokenize), decoded.rank == 4 else { return }
        _ = try encoder.tokenize(encoder.takesClasses ? classes(decoded) : decoded)
    }

    /// The most probable class of each pixel, i64 [1, height, width], of f32 [1, classes, height, width].
    private static func classes(_ scores: Tensor) -> Tensor {
        let (count, places) = (scores.shape[1], scores.shape[2] * scores.shape[3])
        let values = scores.floats
        let best = (0..<places).map { place in (0..<count).max { values[$0 * places + place] < values[$1 * places + place] } ?? 0 }
        return Tensor(integers: best, [1, scores.shape[2], scores.shape[3]])
    }
}

extension TokenizerRehearsal {
    /// A tokenizer alone: the picture to tokens, and back if it has a decoder.
    /// - Parameter modality: without size.
    /// - Throws: ``FourMError`` or `MediaError` naming the picture.
    package static func run(_ tokenizer: TokenizerModel, _ picture: InputValue, of modality: String) throws {
        let size = tokenizer.imageSize.map { PixelSize(height: $0.height, width: $0.width) } ?? PixelSize(height: 224, width: 224)
        let tokens = try tokenizer.tokenize(TokenizerInput.read(modality, picture, picture.array(), tokenizer, size: size, []).values)
        if tokenizer.isDiffusion || tokenizer.has(FourMFunction.detokenize) { _ = try tokenizer.detokenize(tokens, options) }
    }

    /// The modality, without size, of pictures that a tokenizer alone is given, by the model's name; nil where that does not tell.
    package static func modality(of name: String) -> String? {
        let words = name.lowercased().split { !$0.isLetter }.map(String.init)
        let found = ModalityCodecs.dense.keys.filter { base in
            let stem = ModalityWord.stem(of: base).lowercased().split { !$0.isLetter }.map(String.init)
            return words.indices.contains { words[$0...].starts(with: stem) }
        }
        // `sam_edge` is no `edge`: the longest name is meant.
        return found.max { ($0.count, $1) < ($1.count, $0) }
    }
}
