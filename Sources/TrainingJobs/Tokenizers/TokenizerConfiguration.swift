import Formats
import FourMData
import FourMSettings

extension TokenizerRunSettings {
    /// The arguments that ml-4m's `VQVAE` and `DiVAE` share (`get_model` of run_training_vqvae.py and run_training_divae.py).
    func configuration(
        _ domain: TokenizerDomain, processes: Int, encoderArguments: SettingsSection?, decoderArguments: SettingsSection?
    ) -> ConfigDictionary {
        var config: ConfigDictionary = [
            "domain": .string(self.domain), "image_size": .int(largestSize), "image_size_enc": .optional(encoderSize),
            "n_channels": .int(domain.channels + (maskValue == nil ? 0 : 1)), "n_labels": .optional(domain.labels),
            "enc_type": .string(encoderType), "dec_type": .string(decoderType), "post_mlp": .bool(hasPostMLP),
            "patch_proj": .bool(domain.isPicture), "patch_size": .int(patchSize), "quant_type": .string(quantizer.kind),
            "codebook_size": .int(quantizer.codes), "num_codebooks": .int(quantizer.codebooks), "latent_dim": .int(quantizer.latent),
            "norm_codes": .bool(quantizer.normalizesCodes), "norm_latents": .bool(quantizer.normalizesLatents),
            "sync_codebook": .bool(false),
            "ema_decay": .double(quantizer.averageDecay), "threshold_ema_dead_code": .double(deadBelow(processes: processes)),
            "code_replacement_policy": .string(quantizer.replacement), "commitment_weight": .double(quantizer.commitment),
            "kmeans_init": .bool(quantizer.startsWithMeans), "undo_std": .bool(false),
        ]
        for (key, section) in [("enc_args", encoderArguments), ("dec_args", decoderArguments)] {
            if let section { config = config.merging([key: section.configuration]) }
        }
        return config
    }
}

extension ConfigValue {
    static func optional(_ value: Int?) -> ConfigValue { value.map { .int($0) } ?? .null }
}

extension SettingsSection {
    /// Numbers, truths, texts and lists of numbers of one mapping.
    var configuration: ConfigValue {
        .dict(ConfigDictionary(keys.compactMap { key in SettingsSection.value(self[key]).map { (key: key, value: $0) } }))
    }

    private static func value(_ value: YAMLValue?) -> ConfigValue? {
        switch value?.content {
        case .text(let text)?: plain(text)
        case .list(let items)?: .list(items.compactMap { SettingsSection.value($0) })
        default: nil
        }
    }

    private static func plain(_ text: String) -> ConfigValue {
        if let number = Int(text) { return .int(number) }
        if let number = Double(text) { return .double(number) }
        switch text.lowercased() {
        case "true": return .bool(true)
        case "false": return .bool(false)
        default: return .string(text)
        }
    }
}
