import Foundation
import FourMModels
import FourMSettings
import FourMText
import IR
import Importers
import Passes
import Runtime

/// A bundle whose models are compiled when they are first needed, and kept.
package final class LoadedBundle {
    package let bundle: Bundle
    /// Of the dense layers of all models.
    package let precision: PrecisionPolicy
    /// That each model's session may use; nil for the cores granted to the process.
    package let threads: Int?
    /// Called before a model is read, with what is loaded.
    package var onLoad: ((String) -> Void)?
    /// Called for each run of a model that is loaded from then on, with what the bundle calls its file, the function and its inputs.
    package var onRun: ((_ source: String, _ function: String, _ inputs: [String: Tensor]) -> Void)?
    private var modelCache: FourMModel?
    private var superResolutionCache: FourMModel?
    private var textCache: TextTokenizer?
    private var tokenizers: [TokenizerKey: TokenizerModel] = [:]
    /// Models that are read and not ready yet.
    private var transformers: [BundlePart.Role: ReadModel] = [:]
    private var readTokenizers: [TokenizerKey: ReadModel] = [:]
    private var modalityCache: [BundlePart.Role: [String: ModelModality]] = [:]
    /// Parts that ``BundleCheck`` found nothing wrong with.
    var sound: Set<BundleCheck.Need> = []

    package init(_ bundle: Bundle, precision: PrecisionPolicy = .f32, threads: Int? = nil) {
        self.bundle = bundle
        self.precision = precision
        self.threads = threads
    }

    package convenience init(path: String, precision: PrecisionPolicy = .f32, threads: Int? = nil) throws {
        self.init(try Bundle(path: path), precision: precision, threads: threads)
    }

    /// The 4M transformer.
    package func model() throws -> FourMModel {
        if let modelCache { return modelCache }
        let model = try read(.model)
        onLoad?("model")
        let made = try TimeSpan.measure(.compile, "model") { try FourMModel(model.plan(precision: precision), threads: threads) }
        listen(made.session, bundle.sources.model)
        modelCache = made
        (modalityCache[.model], transformers[.model]) = (made.modalities, nil)
        return made
    }

    private func listen(_ session: Session, _ source: String?) {
        guard let onRun, let source else { return }
        session.onRun = { onRun(source, $0, $1) }
    }

    /// What the model knows, by name. Nothing is compiled.
    package func modalities() throws -> [String: ModelModality] { try modalities(.model) }

    /// The same of the model that `sr_model` names.
    package func superResolutionModalities() throws -> [String: ModelModality] { try modalities(.superResolution) }

    private func modalities(_ role: BundlePart.Role) throws -> [String: ModelModality] {
        if let known = modalityCache[role] { return known }
        let found = try ModelModality.read(read(role).module)
        modalityCache[role] = found
        return found
    }

    /// The transformer that the bundle's `sr_model` names: from 224 to 448 pixels.
    package func superResolutionModel() throws -> FourMModel {
        if let superResolutionCache { return superResolutionCache }
        let model = try read(.superResolution)
        onLoad?("super-resolution model")
        let made = try TimeSpan.measure(.compile, BundlePart.Role.superResolution.rawValue) {
            try FourMModel(model.plan(precision: precision), threads: threads)
        }
        listen(made.session, bundle.sources.superResolutionModel)
        superResolutionCache = made
        (modalityCache[.superResolution], transformers[.superResolution]) = (made.modalities, nil)
        return made
    }

    /// The transformer of a role, not ready to run.
    func read(_ role: BundlePart.Role) throws -> ReadModel {
        if let known = transformers[role] { return known }
        let sources = bundle.sources
        guard let source = role == .model ? sources.model : sources.superResolutionModel else {
            throw BundleError("bundle '\(bundle.name)' names no \(role == .model ? "model" : "sr_model")")
        }
        let made = try TimeSpan.measure(.load, role.rawValue) { try bundle.read(source, lora: role == .model ? bundle.adapters() : []) }
        transformers[role] = made
        return made
    }

    /// The text tokenizer.
    package func text() throws -> TextTokenizer {
        if let textCache { return textCache }
        guard let made = try TimeSpan.measure(.load, "text tokenizer", { try bundle.textTokenizer() }) else {
            throw BundleError("bundle '\(bundle.name)' names no text tokenizer; add 'text_tokenizer: FILE.json' to its bundle.yaml")
        }
        textCache = made
        return made
    }

    /// The tokenizer of `modality`, with or without size; `part` saves the memory and the time of the other half.
    package func tokenizer(_ modality: String, preview: Bool = false, part: TokenizerPart = .whole) throws -> TokenizerModel {
        let base = ModalityInfo.baseName(of: modality)
        let chosen = try tokenizerPart(base, preview: preview).source
        for known in [part, .whole] { if let made = tokenizers[TokenizerKey(path: chosen, part: known)] { return made } }
        onLoad?(part == .whole ? "tokenizer \(base)" : "tokenizer \(base), \(part.rawValue)")
        let read = try readTokenizer(chosen, part)
        let made = try TimeSpan.measure(.compile, chosen) { try TokenizerModel(read.plan(precision: precision), threads: threads) }
        listen(made.session, chosen)
        tokenizers[TokenizerKey(path: chosen, part: part)] = made
        readTokenizers[TokenizerKey(path: chosen, part: part)] = nil
        return made
    }

    /// What the bundle names for the tokens of `base`, a modality without size.
    func tokenizerPart(_ base: String, preview: Bool = false) throws -> BundlePart {
        if preview, let source = bundle.previewDecoders[base] { return BundlePart(.previewDecoder, source, modality: base) }
        guard let source = bundle.sources.tokenizers[base] else {
            let known = bundle.sources.tokenizers.keys.sorted().joined(separator: ", ")
            throw BundleError("bundle '\(bundle.name)' has no tokenizer for '\(base)'; it has: \(known)")
        }
        return BundlePart(.tokenizer, source, modality: base)
    }

    /// The tokenizer that the bundle calls `source`, not ready to run.
    func readTokenizer(_ source: String, _ part: TokenizerPart) throws -> ReadModel {
        let key = TokenizerKey(path: source, part: part)
        if let known = readTokenizers[key] { return known }
        let made = try TimeSpan.measure(.load, source) { try bundle.read(source, part: part) }
        readTokenizers[key] = made
        return made
    }

    private struct TokenizerKey: Hashable {
        let path: String
        let part: TokenizerPart
    }
}
