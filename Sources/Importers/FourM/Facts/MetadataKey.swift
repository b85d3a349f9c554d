import IR

/// Keys of the metadata that ``FourMImporter`` writes into a module, and in the dictionaries there (`Docs/importers.md`).
package enum MetadataKey: String, Sendable {
    // Of every module.
    case family
    case functions
    case parameters
    case warnings
    case notes
    case adapters

    // Of a 4M transformer.
    case architecture
    case modalities
    case masks

    // In `architecture`.
    case dim
    case heads = "num_heads"
    case mlpHidden = "mlp_hidden"
    case encoderDepth = "encoder_depth"
    case decoderDepth = "decoder_depth"
    case encoderOnly = "encoder_only"
    case gatedMLP = "gated_mlp"
    case activation
    case qkNorm = "qk_norm"
    case normBias = "norm_bias"
    case registerTokens = "num_register_tokens"
    case decoderCausalMask = "decoder_causal_mask"
    case decoderSeparationMask = "decoder_sep_mask"
    case shareModalityEmbeddings = "share_modality_embeddings"

    // Of one of the `modalities`.
    case kind
    case output
    case positions
    case vocabularySize = "vocab_size"
    case maxLength = "max_length"
    case maxTokens = "max_tokens"
    case embeddingDim = "embedding_dim"

    // Of modalities and of image tokenizers.
    case input
    case imageSize = "image_size"
    case patchSize = "patch_size"
    case grid
    case channels
    case normalization

    // In `normalization`.
    case mean
    case std

    // Of an image tokenizer.
    case codebookSize = "codebook_size"
    case codebooks = "num_codebooks"
    case latentDim = "latent_dim"
    case quantizer
    case normalizesCodes = "norm_codes"
    case labels = "n_labels"
    case domain
    case decoderPatchSize = "decoder_patch_size"
    case diffusion

    // In `diffusion`.
    case scheduler
    case betaSchedule = "beta_schedule"
    case predictionType = "prediction_type"
    case trainingSteps = "num_train_timesteps"
    case thresholding
    case clipSample = "clip_sample"
    case zeroTerminalSNR = "zero_terminal_snr"
    case guidanceDropout = "guidance_dropout"
    case sizeMultiple = "size_multiple"
}

extension Attributes {
    /// Metadata of these keys.
    init(facts: [MetadataKey: AttributeValue]) { self.init(uniqueKeysWithValues: facts.map { ($0.key.rawValue, $0.value) }) }

    package subscript(key: MetadataKey) -> AttributeValue? {
        get { self[key.rawValue] }
        set { self[key.rawValue] = newValue }
    }

    package func integer(_ key: MetadataKey) -> Int? { if case .int(let value)? = self[key] { value } else { nil } }

    /// Two sizes, height or rows first.
    package func pair(_ key: MetadataKey) -> (Int, Int)? {
        guard case .dims(let values)? = self[key], values.count == 2, let a = values[0].value, let b = values[1].value else { return nil }
        return (a, b)
    }

    package func string(_ key: MetadataKey) -> String? { if case .string(let value)? = self[key] { value } else { nil } }

    package func flag(_ key: MetadataKey) -> Bool? { if case .bool(let value)? = self[key] { value } else { nil } }

    package func doubles(_ key: MetadataKey) -> [Double]? { if case .floats(let values)? = self[key] { values } else { nil } }

    /// The dictionary there; empty where there is none.
    package func section(_ key: MetadataKey) -> Attributes { section(named: key.rawValue) }

    /// As ``section(_:)``, for keys that are names of modalities.
    package func section(named key: String) -> Attributes { if case .dictionary(let value)? = self[key] { value } else { [:] } }
}
