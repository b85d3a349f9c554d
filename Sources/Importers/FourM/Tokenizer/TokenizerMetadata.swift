import IR

extension TokenizerImporter {
    /// Facts common to all tokenizers.
    func metadata(_ network: TokenizerNetwork?, family: String) throws -> Attributes {
        let config = settings.config
        var fields: Attributes = [
            "family": .string(family), "channels": .int(settings.channels),
            "codebook_size": .int(settings.codebookSize),
            "num_codebooks": .int(settings.codebooks), "latent_dim": .int(settings.latent),
            "quantizer": .string(settings.quantizer.rawValue), "functions": .dictionary(descriptions),
        ]
        if settings.quantizer == .lucid { fields["norm_codes"] = .bool(settings.normalizesCodes) }
        fields["n_labels"] = settings.labels.map { .int($0) }
        fields["domain"] = try? config.optionalString("domain").map { .string($0) }
        guard let network else { return fields }
        fields["patch_size"] = .ints([network.patch.height, network.patch.width])
        if let grid = network.grid {
            fields["grid"] = .ints([grid.rows, grid.columns])
            fields["image_size"] = .ints([grid.rows * network.patch.height, grid.columns * network.patch.width])
        }
        fields["input"] = .string(settings.labels != nil ? "class_ids" : network.isImage ? "image" : "feature_map")
        fields["normalization"] = normalization(network)
        return fields
    }

    /// Of RGB-like images; other inputs (depth, edges, features) have no scaling that the checkpoint states.
    private func normalization(_ network: TokenizerNetwork) -> AttributeValue? {
        guard settings.labels == nil, network.isImage, settings.channels == 3 else { return nil }
        return settings.undoesStandardization ? Normalization.imageNet : Normalization.centered(3)
    }

    private var descriptions: Attributes {
        let texts = [
            "tokenize": "image (or class ids) to codes, latents and the codes' embedding",
            "detokenize": "codes to image, feature map or class scores",
            "decode_quant": "embedding of the codes to image, feature map or class scores",
            "embed_codes": "codes to the condition of the diffusion decoder",
            "denoise":
                "one evaluation of the diffusion decoder; what it predicts is metadata diffusion.prediction_type",
            "denoise_masked": "denoise with conditions masked out where cond_mask is True",
            "denoise_sized": "denoise told the height and width that the picture had originally",
            "denoise_sized_masked": "denoise_sized with conditions masked out where cond_mask is True",
        ]
        return texts.mapValues { .string($0) }
    }
}
