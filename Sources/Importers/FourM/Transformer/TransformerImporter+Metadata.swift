import IR

extension TransformerImporter {
    /// What people and programs need to use the module rightly.
    var metadata: Attributes {
        var normalization: [String: AttributeValue] = [:]
        for modality in modalities where modality.kind == .imagePixels && modality.channels == 3 {
            normalization[modality.name] = Normalization.imageNet
        }
        return Attributes(facts: [
            .family: .string(FourMImporter.transformerFamily),
            .architecture: .dictionary(architecture),
            .modalities: .dictionary(
                Dictionary(uniqueKeysWithValues: modalities.map { ($0.name, .dictionary($0.metadata)) })),
            .normalization: .dictionary(normalization),
            .masks: .string("True = masked out"),
            .functions: .dictionary(FourMFunction.transformer.mapValues { .string($0) }),
        ])
    }

    private var architecture: Attributes {
        Attributes(facts: [
            .dim: .int(dim), .heads: .int(block.heads), .mlpHidden: .int(block.hidden),
            .encoderDepth: .int(settings.encoderDepth), .decoderDepth: .int(hasDecoder ? settings.decoderDepth : 0),
            .encoderOnly: .bool(!hasDecoder), .gatedMLP: .bool(block.isGated), .activation: .string(block.activation.rawValue),
            .qkNorm: .bool(block.hasQKNorm), .normBias: .bool(block.hasNormBias), .registerTokens: .int(registerCount),
            .decoderCausalMask: .bool(settings.decoderCausalMask),
            .decoderSeparationMask: .bool(settings.decoderSeparationMask),
            .shareModalityEmbeddings: .bool(settings.sharesModalityEmbeddings),
            .imageSize: .int(settings.imageSize), .patchSize: .int(settings.patchSize),
        ])
    }
}

extension TransformerModality {
    var metadata: Attributes {
        var fields = Attributes(facts: [
            .kind: .string(kind.rawValue), .input: .bool(isInput), .output: .bool(isOutput),
            .positions: .int(positions),
        ])
        fields[.vocabularySize] = vocabulary.map { .int($0) }
        fields[.maxLength] = maxLength.map { .int($0) }
        fields[.maxTokens] = maxTokens.map { .int($0) }
        fields[.grid] = grid.map { .ints([$0.rows, $0.columns]) }
        fields[.patchSize] = patch.map { .ints([$0.height, $0.width]) }
        if let grid, let patch { fields[.imageSize] = .ints([grid.rows * patch.height, grid.columns * patch.width]) }
        fields[kind == .sequenceEmbedding ? MetadataKey.embeddingDim : .channels] = channels.map { .int($0) }
        return fields
    }
}

/// How pixel values are scaled before a model: (value in 0…1 - mean) / std.
enum Normalization {
    static let imageNetMean = [0.485, 0.456, 0.406]
    static let imageNetStd = [0.229, 0.224, 0.225]

    static let imageNet: AttributeValue = .dictionary(Attributes(facts: [.mean: .floats(imageNetMean), .std: .floats(imageNetStd)]))

    /// [-1, 1], for tokenizers.
    static func centered(_ channels: Int) -> AttributeValue {
        let halves = [Double](repeating: 0.5, count: channels)
        return .dictionary(Attributes(facts: [.mean: .floats(halves), .std: .floats(halves)]))
    }
}
