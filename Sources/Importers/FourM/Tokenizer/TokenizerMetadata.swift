import IR

extension TokenizerImporter {
    /// Facts common to all tokenizers.
    func metadata(_ vision: VisionSettings?, family: String) throws -> Attributes {
        let config = settings.config
        var fields: Attributes = [
            "family": .string(family), "channels": .int(settings.channels),
            "codebook_size": .int(settings.codebookSize),
            "num_codebooks": .int(settings.codebooks), "latent_dim": .int(settings.latent),
            "norm_codes": .bool(settings.normalizesCodes), "functions": .dictionary(descriptions),
        ]
        fields["n_labels"] = settings.labels.map { .int($0) }
        fields["domain"] = try? config.optionalString("domain").map { .string($0) }
        if let vision {
            fields["patch_size"] = .ints([vision.patch.height, vision.patch.width])
            fields["grid"] = .ints([vision.grid.rows, vision.grid.columns])
            fields["image_size"] = .ints([
                vision.grid.rows * vision.patch.height, vision.grid.columns * vision.patch.width,
            ])
            fields["input"] = .string(inputKind(vision))
            fields["normalization"] = normalization(vision)
        }
        return fields
    }

    private func inputKind(_ vision: VisionSettings) -> String {
        if settings.labels != nil { return "class_ids" }
        return vision.projectsPatches ? "image" : "feature_map"
    }

    /// Of RGB-like images; other inputs (depth, edges, features) have no scaling that the checkpoint states.
    private func normalization(_ vision: VisionSettings) -> AttributeValue? {
        guard settings.labels == nil, vision.projectsPatches, settings.channels == 3 else { return nil }
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
        ]
        return texts.mapValues { .string($0) }
    }
}

/// Noise schedule and sampler of a diffusion decoder, for the program that runs it.
struct DiffusionSettings {
    let metadata: Attributes

    enum Prediction: String, CaseIterable {
        case sample, epsilon
        case velocity = "v_prediction"
    }

    enum Scheduler: String, CaseIterable { case ddpm, ddim, pndm }

    init(_ config: Config, _ unet: UNetSettings) throws {
        let schedule = try config.string("beta_schedule", default: "squaredcos_cap_v2")
        try Self.check(schedule, config)
        let size = try config.optionalPair("image_size_dec") ?? config.optionalPair("image_size") ?? (224, 224)
        metadata = [
            "scheduler": .string(try config.choice("scheduler", default: Scheduler.ddpm).rawValue),
            "beta_schedule": .string(schedule),
            "prediction_type": .string(try config.choice("prediction_type", default: Prediction.velocity).rawValue),
            "num_train_timesteps": .int(try config.size("num_train_timesteps", default: 1000, in: 1...1_000_000)),
            "thresholding": .bool(try config.bool("thresholding", default: true)),
            "clip_sample": .bool(try config.bool("clip_sample", default: false)),
            "zero_terminal_snr": .bool(try config.bool("zero_terminal_snr", default: true)),
            "image_size": .ints([size.height, size.width]), "channels": .int(unet.channels),
            "size_multiple": .int(unet.factor),
        ]
    }

    private static func check(_ schedule: String, _ config: Config) throws {
        if ["linear", "scaled_linear", "squaredcos_cap_v2", "sigmoid"].contains(schedule) { return }
        let prefix = "shifted_cosine:"
        if schedule.hasPrefix(prefix), let shift = Double(schedule.dropFirst(prefix.count)), shift > 0, shift.isFinite {
            return
        }
        throw config.badValue(
            "beta_schedule", "linear, scaled_linear, squaredcos_cap_v2, sigmoid or shifted_cosine:<shift>")
    }
}
