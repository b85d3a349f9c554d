import FourMSettings
import Importers

/// What a 4M model shall still be able to do: of which inputs it makes which targets.
package struct KeptPaths: Sendable, Hashable {
    /// Modalities that are given.
    package private(set) var inputs: Set<String> = []
    package private(set) var targets: Set<String> = []

    /// - Parameters:
    ///   - texts: `INPUT,…->TARGET,…` each, in words for modalities; all inputs go with all targets.
    ///   - known: the modalities of the model.
    /// - Throws: ``FourMError`` naming a text of another form, or the modalities there are.
    package init(_ texts: [String], known: [ModelModality]) throws {
        for text in texts {
            let sides = text.split(separator: "->", omittingEmptySubsequences: false).map {
                $0.split(separator: ",", omittingEmptySubsequences: false).map { $0.filter { $0 != " " } }
            }
            guard sides.count == 2, sides.allSatisfy({ !$0.contains("") }) else {
                throw FourMError("'\(text)' is no path; it must be INPUT,…->TARGET,…, such as 'rgb->tok_depth,caption'", .request)
            }
            for word in sides[0] { inputs.insert(try ModelModality.input(word, in: known, isArray: false)) }
            for word in sides[1] { targets.insert(try ModelModality.target(word, in: known)) }
        }
        fed = targets.intersection(known.filter(\.isInput).map(\.name))
    }

    /// Targets that are inputs too: of later steps of their own, and of the targets behind them.
    private var fed: Set<String> = []

    /// What of the model that takes.
    package var scope: ImportScope { ImportScope(inputs: inputs.union(fed), outputs: targets) }

    /// The half of the tokenizer of `modality`, without size, that is needed: the encoder for what is given, the decoder for what is made;
    /// nil for none.
    package func half(of modality: String) -> TokenizerPart? {
        let encodes = inputs.contains { ModalityInfo.baseName(of: $0) == modality }
        let decodes = targets.contains { ModalityInfo.baseName(of: $0) == modality }
        return encodes ? decodes ? .whole : .encoder : decodes ? .decoder : nil
    }
}
