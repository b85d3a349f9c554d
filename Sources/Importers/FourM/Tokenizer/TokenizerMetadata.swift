import IR

extension TokenizerImporter {
    /// Facts common to all tokenizers.
    func metadata(_ network: TokenizerNetwork?, family: String) throws -> Attributes {
        let config = settings.config
        var fields = Attributes(facts: [
            .family: .string(family), .channels: .int(settings.channels),
            .codebookSize: .int(settings.codebookSize),
            .codebooks: .int(settings.codebooks), .latentDim: .int(settings.latent),
            .quantizer: .string(settings.quantizer.rawValue), .functions: .dictionary(FourMFunction.tokenizer.mapValues { .string($0) }),
        ])
        if settings.quantizer == .lucid { fields[.normalizesCodes] = .bool(settings.normalizesCodes) }
        fields[.labels] = settings.labels.map { .int($0) }
        fields[.domain] = try? config.optionalString("domain").map { .string($0) }
        guard let network else { return fields }
        fields[.patchSize] = .ints([network.patch.height, network.patch.width])
        if let grid = network.grid {
            fields[.grid] = .ints([grid.rows, grid.columns])
            fields[.imageSize] = .ints([grid.rows * network.patch.height, grid.columns * network.patch.width])
        }
        fields[.input] = .string(settings.labels != nil ? "class_ids" : network.isImage ? "image" : "feature_map")
        fields[.normalization] = normalization(network)
        return fields
    }

    /// Of RGB-like images; other inputs (depth, edges, features) have no scaling that the checkpoint states.
    private func normalization(_ network: TokenizerNetwork) -> AttributeValue? {
        guard settings.labels == nil, network.isImage, settings.channels == 3 else { return nil }
        return settings.undoesStandardization ? Normalization.imageNet : Normalization.centered(3)
    }
}
