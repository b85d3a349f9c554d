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
    package let precision: Precision
    /// That each model's session may use; nil for the cores granted to the process.
    package let threads: Int?
    /// Called before a model is read, with what is loaded.
    package var onLoad: ((String) -> Void)?
    private var modelCache: FourMModel?
    private var superResolutionCache: FourMModel?
    private var textCache: TextTokenizer?
    private var tokenizers: [TokenizerKey: TokenizerModel] = [:]

    package init(_ bundle: Bundle, precision: Precision = .f32, threads: Int? = nil) {
        self.bundle = bundle
        self.precision = precision
        self.threads = threads
    }

    package convenience init(path: String, precision: Precision = .f32, threads: Int? = nil) throws {
        self.init(try Bundle(path: path), precision: precision, threads: threads)
    }

    /// The 4M transformer.
    package func model() throws -> FourMModel {
        if let modelCache { return modelCache }
        guard let path = bundle.sources.model else { throw BundleError("bundle '\(bundle.name)' names no model") }
        onLoad?("model")
        let made = try FourMModel(ModelLoader.plan(bundle.resolve(path), lora: bundle.adapters(), precision: precision), threads: threads)
        modelCache = made
        return made
    }

    /// The transformer that the bundle's `sr_model` names: from 224 to 448 pixels.
    package func superResolutionModel() throws -> FourMModel {
        if let superResolutionCache { return superResolutionCache }
        guard let path = bundle.sources.superResolutionModel else { throw BundleError("bundle '\(bundle.name)' names no sr_model") }
        onLoad?("super-resolution model")
        let made = try FourMModel(ModelLoader.plan(bundle.resolve(path), precision: precision), threads: threads)
        superResolutionCache = made
        return made
    }

    /// The text tokenizer.
    package func text() throws -> TextTokenizer {
        if let textCache { return textCache }
        guard let path = try bundle.textTokenizerPath() else {
            throw BundleError("bundle '\(bundle.name)' names no text tokenizer; add 'text_tokenizer: FILE.json' to its bundle.yaml")
        }
        let made = try TextTokenizer(contentsOf: URL(fileURLWithPath: path))
        textCache = made
        return made
    }

    /// The tokenizer of `modality`, with or without size; `part` saves the memory and the time of the other half.
    package func tokenizer(_ modality: String, preview: Bool = false, part: TokenizerPart = .whole) throws -> TokenizerModel {
        let base = ModalityInfo.baseName(of: modality)
        let chosen = (preview ? bundle.previewDecoders[base] : nil) ?? bundle.sources.tokenizers[base]
        guard let chosen else {
            let known = bundle.sources.tokenizers.keys.sorted().joined(separator: ", ")
            throw BundleError("bundle '\(bundle.name)' has no tokenizer for '\(base)'; it has: \(known)")
        }
        for known in [part, .whole] { if let made = tokenizers[TokenizerKey(path: chosen, part: known)] { return made } }
        onLoad?(part == .whole ? "tokenizer \(base)" : "tokenizer \(base), \(part.rawValue)")
        let made = try TokenizerModel(ModelLoader.plan(bundle.resolve(chosen), part: part, precision: precision), threads: threads)
        tokenizers[TokenizerKey(path: chosen, part: part)] = made
        return made
    }

    private struct TokenizerKey: Hashable {
        let path: String
        let part: TokenizerPart
    }
}
