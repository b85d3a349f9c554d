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

    /// Gives targets, every second one or all, to the super-resolution model, which makes all that it can of them and what was given.
    private func enlarge(_ made: [DirectPrediction.Target], _ given: [String: InputValue], _ number: Int) throws {
        guard let enlarging else { return }
        let known = enlarging.model.modalities
        let enlarged = BundleRehearsal.enlarged(known.keys)
        let inputs = made.filter { known[$0.name]?.isInput == true && !enlarged.contains($0.name) }
        let own = number % 3 == 0 ? Dictionary(uniqueKeysWithValues: inputs.map { ($0.name, $0.value) }) : every(second: inputs, number)
        let all = given.filter { known[$0.key]?.isInput == true }.merging(own) { first, _ in first }
        let targets = enlarging.targets(given: all.keys).filter { known[$0]?.isSequence == false }
        if !all.isEmpty { _ = try enlarging.predict(all, targets) }
    }

    /// The largest of modalities that there are in several sizes, such as `tok_rgb@448` beside `tok_rgb@224`: what is made of the others, not given.
    private static func enlarged(_ names: some Sequence<String>) -> Set<String> {
        func parts(_ name: String) -> (base: String, size: Int)? {
            let sides = name.split(separator: "@")
            return sides.count == 2 ? Int(sides[1]).map { (String(sides[0]), $0) } : nil
        }
        let sizes = Dictionary(grouping: names.filter { parts($0) != nil }) { parts($0)?.base ?? "" }
        return Set(sizes.values.filter { $0.count > 1 }.compactMap { $0.max { (parts($0)?.size ?? 0) < (parts($1)?.size ?? 0) } })
    }

    /// The picture as tokens, where the bundle has a tokenizer for pictures.
    private func tokenize(_ picture: InputValue) throws {
        guard let made = try direct.tokens(of: picture) else { return }
        _ = try direct.predict([made.name: made.value], [])
    }
}
