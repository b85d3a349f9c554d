/// One file of a bundle and what it is there for.
package struct BundlePart: Sendable, Hashable {
    package enum Role: String, Sendable {
        case model
        case adapters = "LoRA adapters"
        case superResolution = "super resolution"
        case textTokenizer = "text tokenizer"
        case tokenizer
        case previewDecoder = "preview decoder"
    }

    package let role: Role
    /// Of a tokenizer or preview decoder, without size.
    package let modality: String?
    /// As the bundle names it: a path or a Hub repository.
    package let source: String

    package init(_ role: Role, _ source: String, modality: String? = nil) {
        (self.role, self.source, self.modality) = (role, source, modality)
    }

    /// What messages call it: `the tokenizer of 'tok_rgb'`.
    package var title: String { "the \(role.rawValue)" + (modality.map { " of '\($0)'" } ?? "") }

    /// The line of the bundle's file that names it.
    package var key: String {
        switch role {
        case .model: "model"
        case .adapters: "lora"
        case .superResolution: "sr_model"
        case .textTokenizer: "text_tokenizer"
        case .tokenizer: "tokenizers: \(modality ?? "")"
        case .previewDecoder: "preview_decoders: \(modality ?? "")"
        }
    }
}

extension Bundle {
    /// All that the bundle names, the model first.
    package var parts: [BundlePart] {
        func all(_ role: BundlePart.Role, _ table: [String: String]) -> [BundlePart] {
            table.sorted { $0.key < $1.key }.map { BundlePart(role, $0.value, modality: $0.key) }
        }
        let single: [(BundlePart.Role, String?)] = [
            (.model, sources.model), (.superResolution, sources.superResolutionModel), (.textTokenizer, sources.textTokenizer),
        ]
        return single.compactMap { role, source in source.map { BundlePart(role, $0) } } + lora.map { BundlePart(.adapters, $0.path) }
            + all(.tokenizer, sources.tokenizers) + all(.previewDecoder, previewDecoders)
    }
}
