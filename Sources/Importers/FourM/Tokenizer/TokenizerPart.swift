/// Which half of a tokenizer to import. Weights of the other half are neither checked nor kept.
package enum TokenizerPart: String, CaseIterable, Sendable, Hashable {
    /// Both, or the one that the checkpoint holds.
    case whole
    /// From pictures to codes: function `tokenize`.
    case encoder
    /// From codes to pictures: `detokenize` and `decode_quant`, or `embed_codes` and `denoise`.
    case decoder

    /// Tensors that only the other half reads begin with one of these. The codebook, and what
    /// turns its codes into an embedding, belong to both.
    var foreignPrefixes: [String] {
        switch self {
        case .whole: []
        case .encoder: ["decoder.", "post_quant_proj.", "vae."]
        case .decoder: ["encoder.", "quant_proj.", "cls_emb.", "quantize.project_in.", "quantize.to_k."]
        }
    }
}
