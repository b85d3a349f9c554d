/// Command-line arguments of a training run, as checkpoints hold them, turned into the configuration of the model.
enum TorchArguments {
    /// - Parameter shapes: sizes of the tensors, which say what the arguments leave out.
    static func config(_ arguments: ConfigValue, shapes: [String: [Int]]) -> ConfigValue {
        guard case .dict(let dictionary) = arguments else { return arguments }
        if case .string(let model) = dictionary["model"], model.hasPrefix("fm_") {
            return .dict(transformer(dictionary, model))
        }
        if case .string(let domain) = dictionary["domain"] { return .dict(tokenizer(dictionary, domain, shapes)) }
        return arguments
    }

    // MARK: Tokenizers

    /// Names that differ between the training script and the model (source: fourm/vq/__init__.py, `get_image_tokenizer`).
    private static let renamed = [
        "quantizer_type": "quant_type", "encoder_type": "enc_type", "decoder_type": "dec_type",
        "input_size_enc": "image_size_enc", "input_size_dec": "image_size_dec", "input_size_sd": "image_size_sd",
        "quantizer_ema_decay": "ema_decay", "use_xformer": "enable_xformer",
    ]

    private static func tokenizer(
        _ arguments: ConfigDictionary, _ domain: String, _ shapes: [String: [Int]]
    ) -> ConfigDictionary {
        var config = arguments
        for (old, new) in renamed {
            config[old] = nil
            if let value = arguments[old] { config[new] = value }
        }
        var size = arguments["input_size"].flatMap { $0 == .null ? nil : $0 } ?? arguments["input_size_max"]
        if ["CLIP", "DINO", "ImageBind"].contains(where: domain.contains) {
            config["patch_proj"] = .bool(false)
        } else if domain.contains("sam") {
            size = arguments["mask_size"] ?? size
        }
        if let size { config["image_size"] = size }
        if let labels = shapes["cls_emb.weight"], labels.count == 2 {
            config["n_labels"] = .int(labels[0])
            config["n_channels"] = .int(labels[1])
        } else {
            let input = shapes["encoder.linear_in.weight"] ?? shapes["encoder.proj.weight"] ?? []
            if input.count > 1 { config["n_channels"] = .int(input[1]) }
        }
        return config
    }

    // MARK: 4M transformers

    /// Width and heads by the size in the name of a model.
    private static let sizes = [
        "tiny": (384, 6), "small": (512, 8), "base": (768, 12), "large": (1024, 16), "xlarge": (2048, 32),
    ]

    /// The preset that `model` names, such as `fm_base_12e_12d_swiglu_qknorm_nobias` (source: fourm/models/fm.py), with
    /// the domains, sizes and register tokens of the run. Of a name that is none of these, the arguments as they are.
    private static func transformer(_ arguments: ConfigDictionary, _ model: String) -> ConfigDictionary {
        let parts = model.split(separator: "_").map(String.init)
        guard parts.count >= 5, let (dim, heads) = sizes[parts[1]], parts[2].hasSuffix("e"), parts[3].hasSuffix("d"),
            let encoder = Int(parts[2].dropLast()), let decoder = Int(parts[3].dropLast()),
            let isGated = ["gelu": false, "swiglu": true][parts[4]]
        else { return arguments }
        var config = arguments
        let hasBias = !parts.contains("nobias")
        config["dim"] = .int(dim)
        config["num_heads"] = .int(heads)
        config["encoder_depth"] = .int(encoder)
        config["decoder_depth"] = .int(decoder)
        config["mlp_ratio"] = .int(4)
        config["gated_mlp"] = .bool(isGated)
        config["act_layer"] = .string(isGated ? "SiLU" : "GELU")
        config["qk_norm"] = .bool(parts.contains("qknorm"))
        for key in ["qkv_bias", "proj_bias", "mlp_bias", "norm_bias"] { config[key] = .bool(hasBias) }
        for (old, new) in ["in_domains": "domains_in", "out_domains": "domains_out", "input_size": "image_size"] {
            if let value = arguments[old] { config[new] = value }
        }
        return config
    }
}
