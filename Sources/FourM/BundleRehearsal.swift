import FourMCodecs
import FourMModels
import FourMSettings
import IR

/// Runs all models of a bundle over pictures and captions, so that who listens (``LoadedBundle/onRun``) hears what each of them is typically given.
///
/// Every sample is encoded and each target made of it; then tokens of some targets are given, beside the caption if there is one, and others made
/// of those, since the model takes them too; image-like targets go through their tokenizers, decoder and encoder, and the tokens of all through the
/// super-resolution model.
package struct BundleRehearsal {
    private let bundle: LoadedBundle
    private let direct: DirectPrediction
    /// Of the super-resolution model.
    private let enlarging: DirectPrediction?

    /// - Parameter superResolves: whether the bundle's super-resolution model is run too.
    /// - Throws: what loading the models throws.
    package init(_ bundle: LoadedBundle, superResolves: Bool = true) throws {
        self.bundle = bundle
        direct = try DirectPrediction(bundle)
        let isThere = superResolves && bundle.bundle.sources.superResolutionModel != nil
        enlarging = isThere ? DirectPrediction(bundle, model: try bundle.superResolutionModel()) : nil
    }

    /// - Parameter number: of the sample; which targets are given in turn depends on it.
    /// - Throws: ``FourMError`` naming the sample if it cannot be read; runtime errors.
    package func run(_ sample: ModelSample, number: Int) throws {
        let given = try bundle.given(sample)
        let names = direct.targets(given: given.keys)
        let (made, state) = try sample.named { (try direct.predict(given, names), try direct.encode(given)) }
        for target in made where target.text != nil { try direct.read(target, state) }
        let texts = given.filter { direct.model.modalities[$0.key]?.isSequence == true }
        try answer(made, texts, number)
        for target in made where target.logits != nil {
            try TokenizerRehearsal.run(bundle, target, grid: direct.model.modality(target.name).grid)
        }
        if let picture = sample.picture { try tokenize(picture) }
        try enlarge(made, given, number)
    }

    /// Every second of `made`, as what is given.
    private func every(second made: [DirectPrediction.Target], _ number: Int) -> [String: InputValue] {
        var given: [String: InputValue] = [:]
        for (index, target) in made.enumerated() where (index + number) % 2 == 0 { given[target.name] = target.value }
        return given
    }

    /// Gives every second target, and makes one of the others of them.
    private func answer(_ made: [DirectPrediction.Target], _ texts: [String: InputValue], _ number: Int) throws {
        let known = direct.model.modalities
        let given = every(second: made.filter { known[$0.name]?.isInput == true }, number)
        let open = made.map(\.name).filter { given[$0] == nil && known[$0]?.isSequence == false }
        guard !given.isEmpty, !open.isEmpty else { return }
        _ = try direct.predict(given.merging(texts) { own, _ in own }, [open[number % open.count]])
    }

    /// Gives targets, every second one or all, and what was given to the super-resolution model, which makes the larger versions of them.
    private func enlarge(_ made: [DirectPrediction.Target], _ given: [String: InputValue], _ number: Int) throws {
        guard let enlarging else { return }
        let known = enlarging.model.modalities
        let larger = PresetSettings.superResolutionTargets(
            conditions: made.map(\.name), modalities: Set(known.values.filter(\.isOutput).map(\.name)))
        let inputs = made.filter { known[$0.name]?.isInput == true && !larger.contains($0.name) }
        let own = number % 3 == 0 ? Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, $0.value) }) : every(second: inputs, number)
        let all = given.filter { known[$0.key]?.isInput == true && !larger.contains($0.key) }.merging(own) { first, _ in first }
        if !all.isEmpty { _ = try enlarging.predict(all, larger) }
    }

    /// The picture as tokens, where the bundle has a tokenizer for pictures.
    private func tokenize(_ picture: InputValue) throws {
        guard let made = try direct.tokens(of: picture) else { return }
        _ = try direct.predict([made.name: made.value], [])
    }
}
