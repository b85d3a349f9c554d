import FourM
import FourMModels
import IR
import Importers

/// What is timed of a bundle: the calls that the work of each part is made of.
package enum BundleBench {
    /// A model of the bundle.
    package struct Part {
        /// `model`, `tok_rgb`, …
        package let name: String
        let source: String
        let isMain: Bool
    }

    /// All models, the transformer first.
    package static func parts(of bundle: FourM.Bundle) -> [Part] {
        func all(_ table: [String: String], _ suffix: String = "") -> [Part] {
            table.sorted { $0.key < $1.key }.map { Part(name: $0.key + suffix, source: $0.value, isMain: false) }
        }
        let sources = bundle.sources
        return [sources.model.map { Part(name: "model", source: $0, isMain: true) }].compactMap { $0 }
            + [sources.superResolutionModel.map { Part(name: "sr_model", source: $0, isMain: false) }].compactMap { $0 }
            + all(sources.tokenizers) + all(bundle.previewDecoders, " preview")
    }

    /// The model, not ready to run.
    /// - Throws: `HubError` if it is not there; what importing throws.
    package static func read(_ part: Part, of bundle: FourM.Bundle) throws -> ReadModel {
        try bundle.read(part.source, lora: part.isMain ? bundle.adapters() : [])
    }

    /// Of a 4M model: encoding, decoding all targets of a step at once, and one token of a text. Of a tokenizer: both ways, where a
    /// diffusion decoder takes `denoise` once a step.
    package static func functions(of module: Module) -> [String] {
        [
            FourMFunction.encode, FourMFunction.decodeUnmasked, FourMFunction.decodeStep, FourMFunction.tokenize, FourMFunction.detokenize,
            FourMFunction.denoise(),
        ].filter { module.function($0) != nil }
    }
}
