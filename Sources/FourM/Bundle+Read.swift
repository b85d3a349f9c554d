import Artifact
import Formats
import Foundation
import FourMModels
import FourMText
import Importers

extension Bundle {
    /// The model or tokenizer that the bundle calls `source`.
    /// - Parameters:
    ///   - part: of a checkpoint's tokenizer.
    ///   - lora: adapters to merge into its weights.
    /// - Throws: as ``resolve(_:)`` and `ModelLoader.read`.
    package func read(_ source: String, part: TokenizerPart = .whole, lora: [LoRASource] = []) throws -> ReadModel {
        guard let archive else { return try ModelLoader.read(resolve(source), part: part, lora: lora) }
        return .compiled(try archive.model(source))
    }

    /// Models and tokenizers that are compiled.
    /// - Throws: `HubError` for one that is not there.
    package var compiledParts: [BundlePart] {
        get throws { try models.filter { CompiledPlace(try resolve($0.source)) != nil } }
    }

    /// Models and tokenizers.
    package var models: [BundlePart] { parts.filter { ![.textTokenizer, .adapters].contains($0.role) } }

    /// The text tokenizer; nil if the bundle names none.
    /// - Throws: ``BundleError`` that says where it was looked for; `TokenizerError`; `CheckpointError` if a compiled bundle lacks it.
    package func textTokenizer() throws -> TextTokenizer? {
        guard let source = sources.textTokenizer, let path = try textTokenizerPath() else { return nil }
        guard let archive else { return try TextTokenizer(contentsOf: URL(fileURLWithPath: path)) }
        return try TextTokenizer(json: Data(archive.contents(source).buffer), file: path)
    }
}
