/// Which models and tokenizers a generation uses: Hub names or paths.
package struct ModelSources: Codable, Hashable, Sendable {
    package var model: String?
    package var superResolutionModel: String?
    /// Side of the base image in pixels.
    package var imageSize = 224
    /// Side of a patch in pixels, for modalities that name none.
    package var patchSize = 16
    /// Tokenizers by modality without its size, e.g. `tok_depth`, `human_poses`.
    package var tokenizers: [String: String] = [:]
    package var textTokenizer: String?
    /// Diffusion steps of tokenizers that decode by diffusion.
    package var detokenizerSteps = 25
    package var controlNet: ControlNetSource?

    package init() {}
}

/// A ControlNet that decodes RGB tokens in place of the RGB tokenizer.
package struct ControlNetSource: Codable, Hashable, Sendable {
    package var id: String
    package var isActive: Bool
    package var guidanceScale: Double
    package var conditioningScale: Double

    package init(id: String, isActive: Bool = false, guidanceScale: Double = 2.5, conditioningScale: Double = 0.8) {
        self.id = id
        self.isActive = isActive
        self.guidanceScale = guidanceScale
        self.conditioningScale = conditioningScale
    }
}

extension ConfigFile {
    /// The models and tokenizers named in the file.
    /// - Throws: `SettingsError.value`.
    package func modelSources() throws(SettingsError) -> ModelSources {
        var sources = ModelSources()
        sources.model = self["model"]
        sources.superResolutionModel = self["sr_model"]
        sources.imageSize = try positive("image_size") ?? sources.imageSize
        sources.patchSize = try positive("patch_size") ?? sources.patchSize
        sources.textTokenizer = self["text_tok_path"]
        sources.detokenizerSteps = try positive("detokenizer_steps") ?? sources.detokenizerSteps
        for (key, modalities) in Self.tokenizers {
            for modality in modalities { sources.tokenizers[modality] = self[key] }
        }
        if let id = self["controlnet_id"] {
            sources.controlNet = ControlNetSource(
                id: id, isActive: try flag("activate_controlnet") ?? false,
                guidanceScale: try number("controlnet_guidance_scale") ?? 2.5,
                conditioningScale: try number("controlnet_cond_scale") ?? 0.8)
        }
        return sources
    }

    /// The seed; 0 when none is given.
    /// - Throws: `SettingsError.value`.
    package func seed() throws(SettingsError) -> Int { try integer("seed") ?? 0 }

    /// How many variations to generate of each sample; 1 when not given.
    /// - Throws: `SettingsError.value`.
    package func variations() throws(SettingsError) -> Int { try positive("num_variations") ?? 1 }

    /// Most samples to take; nil for all.
    /// - Throws: `SettingsError.value`.
    package func sampleLimit() throws(SettingsError) -> Int? { try positive("num_samples") }

    private func positive(_ key: String) throws(SettingsError) -> Int? {
        guard let number = try integer(key) else { return nil }
        guard (1...1 << 20).contains(number) else {
            throw .value(key: key, value: "\(number)", allowed: "a whole number from 1 to \(1 << 20)")
        }
        return number
    }
}
