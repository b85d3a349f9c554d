import IR

/// Turns checkpoints of 4M models and tokenizers into modules of stage `imported`.
public enum FourMImporter {
    /// Builds the module of `checkpoint`; its tensors and configuration tell the family: 4M transformer, VQ-VAE, DiVAE.
    ///
    /// A 4M checkpoint without any decoder tensors (`FMViT` of fourm/models/fm_vit.py) gives embeddings and `encode` alone.
    ///
    /// - Parameters:
    ///   - isStrict: whether tensors that the model does not have are an error; otherwise they are listed in the metadata
    ///     under `warnings`.
    ///   - scope: the part of a 4M transformer to import.
    /// - Throws: ``ImportError`` or ``CheckpointError`` naming file, tensor or configuration key.
    public static func importModel(
        _ checkpoint: Checkpoint, isStrict: Bool = true, scope: ImportScope = .whole
    ) throws -> Module {
        let file = checkpoint.files.first ?? checkpoint.name
        let weights = WeightReader(file: file, tensors: checkpoint.tensors)
        guard checkpoint.config.keys.contains(where: { $0 != "format" }) else {
            throw ImportError.missingConfiguration(file: file)
        }
        let (functions, metadata) = try build(checkpoint.config, weights, file, scope)
        var module = Module(name: checkpoint.name)
        module.metadata = metadata
        for function in functions { module.setFunction(function) }
        for constant in weights.constants.values { module.setConstant(constant) }
        try noteUnused(weights, isStrict, &module)
        module.metadata["parameters"] = .int(weights.parameterCount)
        return module
    }

    private static func build(
        _ config: Config, _ weights: WeightReader, _ file: String, _ scope: ImportScope
    ) throws -> ([Graph], Attributes) {
        if weights.hasAny(prefix: "encoder_embeddings.") || weights.hasAny(prefix: "decoder_embeddings.") {
            let importer = try TransformerImporter(config, weights, scope)
            return (try importer.functions(), importer.metadata)
        }
        guard weights.hasAny(prefix: "quantize.") || config.contains("enc_type") else {
            throw ImportError.unknownFamily(file: file)
        }
        let type = try config.optionalString("dec_type")
        if weights.hasAny(prefix: "decoder.controlnet") || type?.contains("controlnet") == true
            || config.contains("sd_path")
        {
            throw ImportError.unsupported(
                "\(file): VQ-ControlNet tokenizers are not supported yet; VQVAE and DiVAE are")
        }
        let isDiffusion =
            config.contains("beta_schedule") || ["unet_", "uvit_"].contains { type?.hasPrefix($0) == true }
            || weights.hasAny(prefix: "decoder.input_blocks.")
        return try tokenizer(config, weights, isDiffusion: isDiffusion)
    }

    private static func tokenizer(
        _ config: Config, _ weights: WeightReader, isDiffusion: Bool
    ) throws -> ([Graph], Attributes) {
        let importer = try TokenizerImporter(config, weights)
        guard importer.hasEncoder || importer.hasDecoder else { throw ImportError.unknownFamily(file: weights.file) }
        var functions: [Graph] = []
        var vision: VisionSettings?
        if importer.hasEncoder {
            let encoder = try importer.settings.encoder()
            functions.append(try importer.tokenize(encoder))
            vision = encoder
        }
        guard importer.hasDecoder else {
            return (functions, try importer.metadata(vision, family: isDiffusion ? "divae" : "vqvae"))
        }
        if isDiffusion { return try diffusion(config, importer, functions, vision) }
        let decoder = try importer.settings.decoder()
        functions += [try importer.detokenize(decoder), try importer.decodeQuant(decoder)]
        var metadata = try importer.metadata(vision ?? decoder, family: "vqvae")
        metadata["decoder_patch_size"] = .ints([decoder.patch.height, decoder.patch.width])
        return (functions, metadata)
    }

    private static func diffusion(
        _ config: Config, _ importer: TokenizerImporter, _ encoder: [Graph], _ vision: VisionSettings?
    ) throws -> ([Graph], Attributes) {
        let settings = try UNetSettings(
            config, channels: importer.settings.channels, condition: importer.settings.latent)
        let unet = UNet(settings: settings, weights: importer.weights)
        let functions = [try importer.embedCodes(), try unet.denoise(masked: false), try unet.denoise(masked: true)]
        var metadata = try importer.metadata(vision, family: "divae")
        metadata["diffusion"] = .dictionary(try DiffusionSettings(config, settings).metadata)
        return (encoder + functions, metadata)
    }

    private static func noteUnused(_ weights: WeightReader, _ isStrict: Bool, _ module: inout Module) throws {
        let unused = weights.unused
        if isStrict, !unused.isEmpty { throw ImportError.unexpectedTensors(file: weights.file, tensors: unused) }
        let strangers = weights.leftOut + unused
        if strangers.isEmpty { return }
        module.metadata["warnings"] = .strings(strangers.map { "tensor \($0) is not part of the model and was left out" })
    }
}
