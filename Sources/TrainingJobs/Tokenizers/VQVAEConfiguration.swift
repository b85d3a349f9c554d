import Formats
import FourMData
import FourMSettings

extension VQVAEOptions {
    /// The arguments of ml-4m's `VQVAE` (`get_model` of run_training_vqvae.py).
    func configuration(_ domain: TokenizerDomain) -> ConfigDictionary {
        let (run, quantizer) = (settings.run, settings.run.quantizer)
        var config: ConfigDictionary = [
            "domain": .string(run.domain), "image_size": .int(run.largestSize), "image_size_enc": .optional(run.encoderSize),
            "image_size_dec": .optional(settings.decoderSize), "n_channels": .int(domain.channels + (run.maskValue == nil ? 0 : 1)),
            "n_labels": .optional(domain.labels), "enc_type": .string(run.encoderType), "dec_type": .string(run.decoderType),
            "post_mlp": .bool(run.hasPostMLP), "patch_proj": .bool(domain.isPicture), "patch_size": .int(run.patchSize),
            "out_conv": .bool(settings.hasOutputConvolutions), "quant_type": .string(quantizer.kind), "codebook_size": .int(quantizer.codes),
            "num_codebooks": .int(quantizer.codebooks), "latent_dim": .int(quantizer.latent), "norm_codes": .bool(quantizer.normalizesCodes),
            "norm_latents": .bool(quantizer.normalizesLatents), "sync_codebook": .bool(false), "ema_decay": .double(quantizer.averageDecay),
            "threshold_ema_dead_code": .double(run.deadBelow(processes: ranks)), "code_replacement_policy": .string(quantizer.replacement),
            "commitment_weight": .double(quantizer.commitment), "kmeans_init": .bool(quantizer.startsWithMeans), "undo_std": .bool(false),
        ]
        for (key, section) in [("enc_args", settings.encoderArguments), ("dec_args", settings.decoderArguments)] {
            if let section { config = config.merging([key: section.configuration]) }
        }
        return config
    }
}

extension ConfigValue {
    fileprivate static func optional(_ value: Int?) -> ConfigValue { value.map { .int($0) } ?? .null }
}

extension SettingsSection {
    /// Numbers, truths and texts of one mapping.
    var configuration: ConfigValue {
        .dict(
            ConfigDictionary(
                keys.compactMap { key in
                    guard case .text(let text)? = self[key]?.content else { return nil }
                    return (key: key, value: SettingsSection.value(text))
                }))
    }

    private static func value(_ text: String) -> ConfigValue {
        if let number = Int(text) { return .int(number) }
        if let number = Double(text) { return .double(number) }
        switch text.lowercased() {
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: return .string(text)
        }
    }
}
