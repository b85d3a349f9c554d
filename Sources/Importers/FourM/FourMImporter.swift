import Formats
import IR

/// Turns checkpoints of 4M models and tokenizers into modules of stage `imported`.
package enum FourMImporter {
    /// Of modules that are 4M transformers, in their metadata; those of image tokenizers are ``TokenizerFamily``.
    package static let transformerFamily = "4m_transformer"

    /// Builds the module of `checkpoint`; its tensors and configuration tell the family: 4M transformer, VQ-VAE, DiVAE.
    ///
    /// LoRA adapters in the checkpoint are merged first (``Checkpoint/mergingOwnAdapters(scale:)``). A 4M checkpoint without any
    /// decoder tensors (`FMViT` of fourm/models/fm_vit.py) gives embeddings and `encode` alone.
    ///
    /// - Parameters:
    ///   - part: half of a tokenizer, so that the other costs nothing.
    ///   - scope: the part of a 4M transformer to import.
    ///   - isStrict: whether tensors that the model does not have are an error; otherwise they are listed in the metadata
    ///     under `warnings`. By default they are an error except in training checkpoints.
    /// - Throws: ``ImportError`` or ``CheckpointError`` naming file, tensor or configuration key.
    package static func importModel(
        _ checkpoint: Checkpoint, part: TokenizerPart = .whole, scope: ImportScope = .whole, isStrict: Bool? = nil
    ) throws -> Module {
        let checkpoint = try checkpoint.mergingOwnAdapters()
        let file = checkpoint.files.first ?? checkpoint.name
        let weights = WeightReader(file: file, tensors: checkpoint.tensors, unread: checkpoint.unread)
        guard checkpoint.config.keys.contains(where: { $0 != "format" }) else {
            throw ImportError.missingConfiguration(file: file)
        }
        var module = try module(checkpoint.name, checkpoint.config, weights, part, scope)
        try noteUnused(weights, isStrict ?? !checkpoint.isPartlyForModel, &module)
        let notes = checkpoint.notes + checkpoint.details
        if !notes.isEmpty { module.metadata[.notes] = .strings(notes) }
        if !checkpoint.adapters.isEmpty { module.metadata[.adapters] = .strings(checkpoint.adapters) }
        return module
    }

    /// The module that a configuration describes, without weights: its constants have types but no bytes, except those
    /// that the importer makes itself. Useful to look at a model, or to know which tensors its checkpoint holds.
    ///
    /// - Parameter plan: what the configuration leaves open.
    /// - Throws: ``ImportError`` or ``CheckpointError`` naming the configuration key.
    package static func skeleton(_ config: Config, name: String, plan: WeightPlan) throws -> Module {
        try module(name, config, WeightReader(file: config.file, plan: plan), .whole, .whole)
    }

    private static func module(
        _ name: String, _ config: Config, _ weights: WeightReader, _ part: TokenizerPart, _ scope: ImportScope
    ) throws -> Module {
        let (functions, metadata) = try build(config, weights, weights.file, part, scope)
        var module = Module(name: name)
        module.metadata = metadata
        for function in functions { module.setFunction(function) }
        for constant in weights.constants.values { module.setConstant(constant) }
        module.metadata[.parameters] = .int(weights.parameterCount)
        return module
    }

    private static func build(
        _ config: Config, _ weights: WeightReader, _ file: String, _ part: TokenizerPart, _ scope: ImportScope
    ) throws -> ([Graph], Attributes) {
        if weights.hasAny(prefix: "encoder_embeddings.") || weights.hasAny(prefix: "decoder_embeddings.") {
            guard part == .whole else { throw ImportError.noHalves(file: file, half: part.rawValue) }
            let importer = try TransformerImporter(config, weights, scope)
            return (try importer.functions(), importer.metadata)
        }
        guard weights.hasAny(prefix: "quantize.") || config.contains("enc_type") else {
            throw ImportError.unknownFamily(file: file)
        }
        for prefix in part.foreignPrefixes { weights.ignoreAll(prefix: prefix) }
        return try tokenizer(config, weights, part)
    }

    private static func tokenizer(
        _ config: Config, _ weights: WeightReader, _ part: TokenizerPart
    ) throws -> ([Graph], Attributes) {
        let importer = try TokenizerImporter(config, weights)
        let family = try TokenizerFamily(config, weights)
        let (encodes, decodes) = (importer.hasEncoder && part != .decoder, importer.hasDecoder && part != .encoder)
        guard importer.hasEncoder || importer.hasDecoder else { throw ImportError.unknownFamily(file: weights.file) }
        guard encodes || decodes else { throw ImportError.missingHalf(file: weights.file, half: part.rawValue) }
        if decodes { try family.requireDecoder(weights.file) }
        // Half a tokenizer is described like a whole one, as far as the configuration tells.
        let describes = importer.hasEncoder || config.contains("enc_type")
        let encoder = try encodes ? importer.settings.encoder() : describes ? try? importer.settings.encoder() : nil
        var metadata = try importer.metadata(encoder, family: family.rawValue)
        var functions = try encodes ? encoder.map { [try importer.tokenize($0)] } ?? [] : []
        switch family {
        case _ where !decodes: break
        case .divae:
            let (denoiser, facts) = try denoiser(config, importer)
            functions += [try importer.embedCodes()] + (try denoiser.functions())
            metadata[.diffusion] = .dictionary(facts)
        default:
            let decoder = try importer.settings.decoder()
            functions += [try importer.detokenize(decoder), try importer.decodeQuant(decoder)]
            if encoder == nil { metadata = try importer.metadata(decoder, family: family.rawValue) }
            metadata[.decoderPatchSize] = .ints([decoder.patch.height, decoder.patch.width])
        }
        return (functions, metadata)
    }

    private static func denoiser(_ config: Config, _ importer: TokenizerImporter) throws -> (any Denoiser, Attributes) {
        let (channels, condition) = (importer.settings.channels, importer.settings.latent)
        let type = try config.string("dec_type", default: "unet_patched")
        let made: any Denoiser =
            type == "unet_patched"
            ? UNet(settings: try UNetSettings(config, channels: channels, condition: condition), weights: importer.weights)
            : UViT(settings: try UViTSettings(config, channels: channels, condition: condition), weights: importer.weights)
        return (made, try DiffusionSettings(config, channels: channels, factor: made.factor).metadata)
    }

    private static func noteUnused(_ weights: WeightReader, _ isStrict: Bool, _ module: inout Module) throws {
        let unused = weights.unused
        if isStrict, !unused.isEmpty { throw ImportError.unexpectedTensors(file: weights.file, tensors: unused) }
        let strangers = weights.leftOut + unused
        let unread = weights.unread.keys.filter { !weights.has($0) }.sorted()
        if strangers.isEmpty && unread.isEmpty { return }
        module.metadata[.warnings] = .strings(
            strangers.map { "tensor \($0) is not part of the model and was left out" }
                + unread.map { "\($0) is not part of the model, and was not read" })
    }
}
