import IR

extension TransformerImporter {
    /// What people and programs need to use the module rightly.
    var metadata: Attributes {
        var normalization: [String: AttributeValue] = [:]
        for modality in modalities where modality.kind == .imagePixels && modality.channels == 3 {
            normalization[modality.name] = Normalization.imageNet
        }
        return [
            "family": .string("4m_transformer"),
            "architecture": .dictionary(architecture),
            "modalities": .dictionary(
                Dictionary(uniqueKeysWithValues: modalities.map { ($0.name, .dictionary($0.metadata)) })),
            "normalization": .dictionary(normalization),
            "masks": .string("True = masked out"),
            "functions": .dictionary(descriptions),
        ]
    }

    private var architecture: Attributes {
        [
            "dim": .int(dim), "num_heads": .int(block.heads), "mlp_hidden": .int(block.hidden),
            "encoder_depth": .int(settings.encoderDepth), "decoder_depth": .int(hasDecoder ? settings.decoderDepth : 0),
            "encoder_only": .bool(!hasDecoder), "gated_mlp": .bool(block.isGated), "activation": .string(block.activation.rawValue),
            "qk_norm": .bool(block.hasQKNorm), "num_register_tokens": .int(registerCount),
            "decoder_causal_mask": .bool(settings.decoderCausalMask),
            "decoder_sep_mask": .bool(settings.decoderSeparationMask),
            "share_modality_embeddings": .bool(settings.sharesModalityEmbeddings),
            "image_size": .int(settings.imageSize), "patch_size": .int(settings.patchSize),
        ]
    }

    private var descriptions: Attributes {
        let texts = [
            "embed_encoder.*": "token embedding x and position + modality embedding emb of one input modality",
            "register_tokens": "tokens to put in front of the encoder sequence, with emb 0 and mask False",
            "encode": "encoder over tokens + emb; context is what the decoder attends to",
            "embed_decoder.*": "queries at positions: mask token + position + modality embedding",
            "embed_decoder_ids.*": "known ids: token embedding + position + modality embedding",
            "decode": "decoder under a self-attention mask",
            "decode_unmasked": "decoder whose targets all see each other (MaskGIT, ROAR)",
            "decode_context": "cross-attention keys and values of all layers, once for a context",
            "decode_cached": "decode_unmasked over the result of decode_context",
            "decode_step": "appends tokens to the self-attention cache and decodes them",
            "logits.*": "scores of one target modality's vocabulary",
        ]
        return texts.mapValues { .string($0) }
    }
}

extension TransformerModality {
    var metadata: Attributes {
        var fields: Attributes = [
            "kind": .string(kind.rawValue), "input": .bool(isInput), "output": .bool(isOutput),
            "positions": .int(positions),
        ]
        fields["vocab_size"] = vocabulary.map { .int($0) }
        fields["max_length"] = maxLength.map { .int($0) }
        fields["max_tokens"] = maxTokens.map { .int($0) }
        fields["grid"] = grid.map { .ints([$0.rows, $0.columns]) }
        fields["patch_size"] = patch.map { .ints([$0.height, $0.width]) }
        if let grid, let patch { fields["image_size"] = .ints([grid.rows * patch.height, grid.columns * patch.width]) }
        fields[kind == .sequenceEmbedding ? "embedding_dim" : "channels"] = channels.map { .int($0) }
        return fields
    }
}

/// How pixel values are scaled before a model: (value in 0…1 - mean) / std.
enum Normalization {
    static let imageNetMean = [0.485, 0.456, 0.406]
    static let imageNetStd = [0.229, 0.224, 0.225]

    static let imageNet: AttributeValue = .dictionary(["mean": .floats(imageNetMean), "std": .floats(imageNetStd)])

    /// [-1, 1], for tokenizers.
    static func centered(_ channels: Int) -> AttributeValue {
        let halves = [Double](repeating: 0.5, count: channels)
        return .dictionary(["mean": .floats(halves), "std": .floats(halves)])
    }
}
