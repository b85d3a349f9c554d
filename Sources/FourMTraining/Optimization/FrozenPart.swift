/// Parts of a 4M model whose parameters do not learn.
///
/// Source: `freeze_encoder`, `freeze_decoder` and their like in `fourm/models/fm.py`. The mask token, registers and the projection of the
/// context belong to no part: they always learn.
package struct FrozenPart: Sendable, Equatable {
    /// What of the embeddings stays as it is.
    package enum Embeddings: Sendable, Equatable {
        case none, all
        /// Those of these modalities.
        case of(Set<String>)
    }

    private let sides: [String]
    private let embeddings: Embeddings

    private init(_ sides: [String], _ embeddings: Embeddings) { (self.sides, self.embeddings) = (sides, embeddings) }

    /// `freeze_encoder`; `freeze_encoder_except_specific_embeddings`, whose domains are those that are frozen too.
    package static func encoder(_ embeddings: Embeddings = .all) -> FrozenPart { FrozenPart(["encoder"], embeddings) }

    /// `freeze_decoder`; `freeze_decoder_except_specific_embeddings`.
    package static func decoder(_ embeddings: Embeddings = .all) -> FrozenPart { FrozenPart(["decoder"], embeddings) }

    /// `freeze_shared_params`: all layers, and no embeddings; `freeze_params_except_specific_embeddings`, with the embeddings of some modalities.
    package static func shared(_ embeddings: Embeddings = .none) -> FrozenPart { FrozenPart(["encoder", "decoder"], embeddings) }

    /// Domains as options name them, joined by `-`.
    package static func domains(_ text: String) -> Embeddings { .of(Set(text.split(separator: "-").map(String.init))) }

    /// Whether parameter `name` does not learn.
    package func contains(_ name: String) -> Bool {
        sides.contains { side in
            if name.hasPrefix(side + ".") || name.hasPrefix(side + "_norm.") { return true }
            guard name.hasPrefix(side + "_embeddings.") else { return false }
            switch embeddings {
            case .none: return false
            case .all: return true
            case .of(let modalities): return modalities.contains(String(name.split(separator: ".", maxSplits: 2)[1]))
            }
        }
    }
}
