import Formats
import FourMModels
import FourMSettings
import FourMText
import IR
import Importers

/// Whether the parts of a bundle can be read and fit each other. Headers and configurations are read, and every tensor that the
/// configured model needs is looked up; weights are neither read nor compiled.
package struct BundleCheck {
    let loaded: LoadedBundle
    var bundle: Bundle { loaded.bundle }

    package init(_ loaded: LoadedBundle) { self.loaded = loaded }

    /// A part, and what of it is needed.
    package struct Need: Sendable, Hashable {
        package let part: BundlePart
        /// Half of a tokenizer.
        package var half = TokenizerPart.whole
        /// Of the text tokenizer: whether texts with boxes are read or written.
        package var needsBoxes = true

        package init(_ part: BundlePart, half: TokenizerPart = .whole, needsBoxes: Bool = true) {
            (self.part, self.half, self.needsBoxes) = (part, half, needsBoxes)
        }
    }

    /// Checks `needs` one after the other; what was found sound is not looked at again.
    /// - Throws: what opening a part throws; ``BundleError`` naming a file that does not fit the others.
    package func require(_ needs: [Need]) throws {
        for need in needs where !loaded.sound.contains(need) {
            try check(need)
            loaded.sound.insert(need)
        }
    }

    /// Reads a part and compares it with the others; what was read, if it is a model.
    /// - Throws: see ``require(_:)``.
    @discardableResult
    func check(_ need: Need) throws -> ReadModel? {
        let part = need.part
        switch part.role {
        case .model:
            _ = try loaded.modalities()
            return try loaded.read(.model)
        case .superResolution:
            _ = try loaded.superResolutionModalities()
            return try loaded.read(.superResolution)
        case .adapters:
            guard let own = bundle.lora.first(where: { $0.path == part.source }), let source = bundle.sources.model else { break }
            let (model, adapters) = (try bundle.resolve(source), LoRASource(path: try bundle.resolve(own.path), scale: own.scale))
            _ = try ModelLoader.checkpoint(model, lora: [adapters])
        case .textTokenizer:
            try checkText(need)
        case .tokenizer, .previewDecoder:
            return try tokenizer(need)
        }
        return nil
    }

    private func tokenizer(_ need: Need) throws -> ReadModel {
        let (part, file) = (need.part, try bundle.resolve(need.part.source))
        do {
            let model = try loaded.readTokenizer(part.source, need.half)
            let fit = TokenizerFit(part: part, file: file, facts: model.module.metadata)
            try fit.check(models(of: part), semsegClasses: bundle.semsegClasses)
            return model
        } catch ImportError.noHalves {
            throw TokenizerFit(part: part, file: file, facts: Attributes()).noTokenizer
        }
    }

    /// What the two models know of the tokens that `part` makes; a model that cannot be read says so itself.
    private func models(of part: BundlePart) -> [ModelModality] {
        let known = [try? loaded.modalities(), bundle.sources.superResolutionModel == nil ? nil : try? loaded.superResolutionModalities()]
        return known.compactMap { $0 }.flatMap(\.values).filter {
            $0.kind == .imageTokens && ModalityInfo.baseName(of: $0.name) == part.modality
        }.sorted { $0.name < $1.name }
    }

    private func checkText(_ need: Need) throws {
        let text = try loaded.text()
        let file = try bundle.textTokenizerPath() ?? need.part.source
        guard text.hasNeighbouringSentinels else {
            throw BundleError("\(file) lacks the neighbouring sentinels [S_1] and [S_2] that 4M's texts begin and end with")
        }
        let sequences = ((try? loaded.modalities()) ?? [:]).values.filter(\.isSequence)
        for info in sequences.sorted(by: { $0.name < $1.name }) {
            guard let size = info.vocabularySize, abs(text.idLimit - size) >= BundleCheck.padding else { continue }
            throw BundleError(
                "\(file) has \(text.idLimit) token ids, but the model \(size) for '\(info.name)': it is the text tokenizer of another model; "
                    + "correct 'text_tokenizer' in the bundle's YAML file")
        }
        guard need.needsBoxes, sequences.contains(where: { $0.name == "det" }) else { return }
        let bins = text.coordinateBins
        guard bins == bundle.boxBins else {
            throw BundleError(
                "box_bins is \(bundle.boxBins), but the text tokenizer \(file) has \(bins) coordinates (v0=0, v0=1, …); "
                    + "set 'box_bins: \(bins)' in the bundle's YAML file")
        }
    }

    /// Tables of embeddings are at times padded to a multiple of this, and tokenizers have a few tokens that were added later; an id
    /// beyond the table is refused where it is used.
    private static let padding = 128
}

extension TextTokenizer {
    /// Whether `[S_2]` follows `[S_1]`: 4M's texts begin with one and end with the other.
    package var hasNeighbouringSentinels: Bool { sentinels.first.map { sentinels.idOfNumber[2] == $0 + 1 } ?? false }

    /// Words `v0=0`, `v0=1`, … that stand for coordinates of boxes.
    package var coordinateBins: Int {
        var count = 0
        while id(for: "v0=\(count)") != nil { count += 1 }
        return count
    }
}
