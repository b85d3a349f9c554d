/// Names of the functions in the modules that ``FourMImporter`` makes: the importer writes them, who runs the modules calls them.
package enum FourMFunction {
    // Of a 4M transformer.
    package static let registerTokens = "register_tokens"
    package static let encode = "encode"
    package static let decode = "decode"
    package static let decodeUnmasked = "decode_unmasked"
    package static let decodeContext = "decode_context"
    package static let decodeCached = "decode_cached"
    package static let decodeStep = "decode_step"

    package static func embedEncoder(_ modality: String) -> String { "embed_encoder.\(modality)" }

    package static func embedDecoder(_ modality: String) -> String { "embed_decoder.\(modality)" }

    package static func embedDecoderIDs(_ modality: String) -> String { "embed_decoder_ids.\(modality)" }

    package static func logits(_ modality: String) -> String { "logits.\(modality)" }

    // Of an image tokenizer.
    package static let tokenize = "tokenize"
    package static let detokenize = "detokenize"
    package static let decodeQuant = "decode_quant"
    package static let embedCodes = "embed_codes"

    /// One evaluation of a diffusion decoder.
    /// - Parameters:
    ///   - sized: whether it is told the picture's original size.
    ///   - masked: whether parts of its condition are hidden.
    package static func denoise(sized: Bool = false, masked: Bool = false) -> String {
        "denoise" + (sized ? "_sized" : "") + (masked ? "_masked" : "")
    }
}

extension FourMFunction {
    /// What each function of a transformer does; `*` stands for a modality.
    static let transformer: [String: String] = [
        embedEncoder("*"): "token embedding x and position + modality embedding emb of one input modality",
        registerTokens: "tokens to put in front of the encoder sequence, with emb 0 and mask False",
        encode: "encoder over tokens + emb; context is what the decoder attends to",
        embedDecoder("*"): "queries at positions: mask token + position + modality embedding",
        embedDecoderIDs("*"): "known ids: token embedding + position + modality embedding",
        decode: "decoder under a self-attention mask",
        decodeUnmasked: "decoder whose targets all see each other (MaskGIT, ROAR)",
        decodeContext: "cross-attention keys and values of all layers, once for a context",
        decodeCached: "decode_unmasked over the result of decode_context",
        decodeStep: "appends tokens to the self-attention cache and decodes them",
        logits("*"): "scores of one target modality's vocabulary",
    ]

    /// What each function of an image tokenizer does.
    static let tokenizer: [String: String] = [
        tokenize: "image (or class ids) to codes, latents and the codes' embedding",
        detokenize: "codes to image, feature map or class scores",
        decodeQuant: "embedding of the codes to image, feature map or class scores",
        embedCodes: "codes to the condition of the diffusion decoder",
        denoise(): "one evaluation of the diffusion decoder; what it predicts is metadata diffusion.prediction_type",
        denoise(masked: true): "denoise with conditions masked out where cond_mask is True",
        denoise(sized: true): "denoise told the height and width that the picture had originally",
        denoise(sized: true, masked: true): "denoise_sized with conditions masked out where cond_mask is True",
    ]
}
