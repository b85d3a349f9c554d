import FourMCodecs
import FourMModels
import FourMSettings
import IR

/// Runs all models of a bundle over pictures, so that who listens (``LoadedBundle/onRun``) hears what each of them is typically given.
///
/// Every picture is encoded and each target made of it; then tokens of some targets are given and others made of those, since the model
/// takes them too; image-like targets go through their tokenizers, decoder and encoder.
package struct BundleRehearsal {
    private let bundle: LoadedBundle
    private let direct: DirectPrediction
    /// The modality of pictures.
    private let pixels: String

    /// Denoising steps of a diffusion decoder: one in several noises is enough.
    private static let steps = 4

    /// - Throws: what loading the model throws; ``FourMError`` if it takes no pictures.
    package init(_ bundle: LoadedBundle) throws {
        self.bundle = bundle
        direct = try DirectPrediction(bundle)
        pixels = try bundle.input(nil)
    }

    /// - Parameter number: of the picture; which targets are given in turn depends on it.
    /// - Throws: ``FourMError`` naming the picture if it cannot be read; runtime errors.
    package func run(_ picture: InputValue, number: Int) throws {
        let given = [pixels: picture]
        let names = direct.targets(given: given.keys)
        let made = try direct.predict(given, names)
        let state = try direct.encode(given)
        for target in made where target.text != nil { try direct.read(target, state) }
        try answer(made, number)
        for target in made where target.logits != nil { try tokenize(target) }
        try tokenize(picture)
    }

    /// Gives every second target, and makes one of the others of them.
    private func answer(_ made: [DirectPrediction.Target], _ number: Int) throws {
        let known = direct.model.modalities
        let inputs = made.filter { known[$0.name]?.isInput == true }
        var given: [String: InputValue] = [:]
        for (index, target) in inputs.enumerated() where (index + number) % 2 == 0 {
            given[target.name] = target.text.map { .text($0) } ?? .tensor(Tensor(integers: target.tokens, [target.tokens.count]))
        }
        let open = made.map(\.name).filter { given[$0] == nil && known[$0]?.isSequence == false }
        guard !given.isEmpty, !open.isEmpty else { return }
        _ = try direct.predict(given, [open[number % open.count]])
    }

    /// Decodes the tokens of a target, and encodes what they stand for.
    private func tokenize(_ target: DirectPrediction.Target) throws {
        guard bundle.bundle.hasTokenizer(target.name), let grid = try direct.model.modality(target.name).grid else { return }
        let decoder = try bundle.tokenizer(target.name, part: .decoder)
        var options = DiffusionOptions()
        options.steps = Self.steps
        let decoded = try decoder.detokenize(decoder.layout([target.tokens], grid: grid), options)
        if bundle.bundle.previewDecoders[ModalityInfo.baseName(of: target.name)] != nil {
            let preview = try bundle.tokenizer(target.name, preview: true, part: .decoder)
            _ = try preview.detokenize(preview.layout([target.tokens], grid: grid), options)
        }
        let encoder = try bundle.tokenizer(target.name, part: .encoder)
        guard encoder.has("tokenize"), decoded.rank == 4 else { return }
        _ = try encoder.tokenize(encoder.takesClasses ? BundleRehearsal.classes(decoded) : decoded)
    }

    /// The most probable class of each pixel, i64 [1, height, width], of f32 [1, classes, height, width].
    private static func classes(_ scores: Tensor) -> Tensor {
        let (count, places) = (scores.shape[1], scores.shape[2] * scores.shape[3])
        let values = scores.floats
        let best = (0..<places).map { place in (0..<count).max { values[$0 * places + place] < values[$1 * places + place] } ?? 0 }
        return Tensor(integers: best, [1, scores.shape[2], scores.shape[3]])
    }

    /// The picture as tokens, where the bundle has a tokenizer for pictures.
    private func tokenize(_ picture: InputValue) throws {
        guard let made = try direct.tokens(of: picture) else { return }
        _ = try direct.predict([made.name: .tensor(Tensor(integers: made.tokens, [made.tokens.count]))], [])
    }
}
