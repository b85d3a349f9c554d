import Yams

/// The keys and values of ml-4m's generation YAML files (`cfgs/default/generation/**`), unread but checked for names.
///
/// Every file is one flat mapping of scalars; several are laid over each other, later ones winning. `null` counts as
/// not given, but hides an earlier value.
package struct ConfigFile: Hashable, Sendable {
    /// Values as written; nil for null.
    package private(set) var values: [String: String?]

    package init(values: [String: String?] = [:]) {
        self.values = values
    }

    /// Reads the text of a file.
    /// - Parameter file: its name, for messages.
    /// - Throws: `SettingsError.yaml`, `.unknownKey`, `.value` for values that are not scalars.
    package init(yaml text: String, file: String) throws(SettingsError) {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw .yaml(file: file, message: "not valid YAML: \(YAMLProblem.text(error, in: text))")
        }
        values = [:]
        guard let root, root != Node("") else { return }
        guard let mapping = root.mapping else {
            throw .yaml(file: file, message: "expected a mapping of keys to values")
        }
        for (keyNode, valueNode) in mapping {
            guard let key = keyNode.scalar?.string else {
                throw .yaml(file: file, message: "a key is not a name")
            }
            guard Self.isKnown(key) else {
                throw .inFile(file, .unknownKey(key: key, allowed: Self.similar(to: key)))
            }
            guard let scalar = valueNode.scalar else {
                throw .inFile(file, .value(key: key, value: "a list or mapping", allowed: "a single value; join several with '-'"))
            }
            let isNull = scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            values.updateValue(isNull ? nil : scalar.string, forKey: key)
        }
    }

    /// This file with another laid over it.
    package func overlaid(by other: ConfigFile) -> ConfigFile {
        ConfigFile(values: values.merging(other.values) { _, later in later })
    }

    /// Keys that are understood and have no effect here (names of runs, logging, data loading, distribution).
    package var ignoredKeys: [String] { values.keys.filter { Self.ignored.contains($0) || $0 == "name" || $0 == "sr_name" }.sorted() }

    /// Keys that tell models and tokenizers; they have an effect in a bundle.
    package var bundleKeys: [String] { values.keys.filter { Self.models.contains($0) || Self.tokenizers[$0] != nil }.sorted() }

    /// The value of a key; nil when it is missing or null.
    package subscript(key: String) -> String? { values[key] ?? nil }

    package static func isKnown(_ key: String) -> Bool {
        plain.contains(key) || ignored.contains(key) || tokenizers[key] != nil || generation.contains(key)
            || (key.hasPrefix("sr_") && generation.contains(String(key.dropFirst(3))))
    }

    /// Whether a bundle does something with the key.
    package static func isUsedInBundle(_ key: String) -> Bool {
        key == "detokenizer_steps" || tokenizers[key] != nil || models.contains(key) && key != "image_size" && key != "patch_size"
    }

    private static func similar(to key: String) -> [String] {
        let all = generation.union(plain).union(tokenizers.keys)
        return all.filter { $0.hasPrefix(key.prefix(4)) || key.hasSuffix($0) || $0.hasSuffix(key) }.sorted()
    }

    /// Keys that exist for the base and, with `sr_` before them, for the super-resolution generation.
    static let generation: Set<String> = [
        "name", "cond_domains", "target_domains", "tokens_per_target", "autoregression_schemes", "decoding_steps",
        "token_decoding_schedules", "temps", "temp_schedules", "cfg_scales", "cfg_schedules", "cfg_grow_conditioning",
        "top_p", "top_k",
    ]

    /// The other keys that have an effect.
    static let plain = models.union(["detokenizer_steps", "seed", "num_variations", "num_samples"])

    private static let models: Set<String> = [
        "model", "sr_model", "image_size", "patch_size", "text_tok_path", "activate_controlnet", "controlnet_id",
        "controlnet_guidance_scale", "controlnet_cond_scale",
    ]

    /// Keys that name a tokenizer, and the modalities (without size) that it serves.
    package static let tokenizers: [String: [String]] = [
        "rgb_tok_id": ["tok_rgb"],
        "depth_tok_id": ["tok_depth"],
        "normal_tok_id": ["tok_normal"],
        "edges_tok_id": ["tok_canny_edge", "tok_sam_edge"],
        "semseg_tok_id": ["tok_semseg"],
        "clip_tok_id": ["tok_clip"],
        "dinov2_tok_id": ["tok_dinov2"],
        "imagebind_tok_id": ["tok_imagebind"],
        "dinov2_glob_tok_id": ["tok_dinov2_global"],
        "imagebind_glob_tok_id": ["tok_imagebind_global"],
        "sam_instance_tok_id": ["sam_instance"],
        "human_poses_tok_id": ["human_poses"],
    ]

    private static let ignored: Set<String> = [
        "run_name", "data_name", "data_path", "num_workers", "pin_mem", "parti_prompts_t5_embs",
        "image_size_metrics", "output_dir", "num_log_images", "save_all_outputs", "log_wandb", "wandb_project",
        "wandb_entity", "wandb_run_name", "wandb_mode", "show_user_warnings", "s3_endpoint", "s3_path", "device",
        "dist_gen", "world_size", "local_rank", "dist_on_itp", "dist_url", "dtype",
    ]
}
