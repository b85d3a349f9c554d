import Files
import Formats
import FourMModels
import FourMPresets
import IR

/// A trained 4M model as ml-4m's Python loads it: all names of `FM`'s state, those of shared tensors and of empty biases included.
struct FMModelFile {
    let module: Module
    let config: ConfigDictionary
    /// What is written elsewhere.
    var left: Set<String> = []

    /// - Throws: `CheckpointError` naming the file.
    func write(to folder: String) throws {
        try SafeTensorsWriter.write(
            tensors.map(\.value), metadata: CheckpointInitializer.header(config), to: FilePath.join(folder, "model.safetensors"))
        let text = ConfigValue.dict(config).description + "\n"
        try AtomicFile.write(to: FilePath.join(folder, "config.json")) { (file) throws(CheckpointError) in try file.append(Array(text.utf8))
        }
    }

    /// By name.
    private var tensors: [String: Constant] {
        let weights = module.constants.filter { key, _ in
            !left.contains(key) && (key.contains("_embeddings.") || FMModelFile.isLayer(key))
        }
        var all = weights
        for (key, constant) in weights {
            for name in FMModelFile.copies(of: key, outputs: outputs) where all[name] == nil {
                all[name] = Constant(key: name, type: constant.type, bytes: constant.bytes)
            }
            guard let bias = FMModelFile.emptyBias(of: key), all[bias] == nil, config["norm_bias"] == .bool(false) else { continue }
            all[bias] = Constant(key: bias, type: constant.type, bytes: Tensor(zeros: .f32, constant.type.staticShape ?? []).bytes)
        }
        return all
    }

    private var outputs: [String] {
        guard case .list(let names)? = config["domains_out"] else { return [] }
        return names.compactMap(\.string)
    }

    private static func isLayer(_ key: String) -> Bool {
        ["encoder.", "decoder.", "encoder_norm.", "decoder_norm.", "decoder_proj_context.", "mask_token", "register_tokens"].contains(
            where: key.hasPrefix)
    }

    /// Other names of a tensor: heads of token tables, and the decoder's modality embedding.
    private static func copies(of key: String, outputs: [String]) -> [String] {
        let parts = key.split(separator: ".", maxSplits: 2).map(String.init)
        guard parts.count == 3, outputs.contains(parts[1]) else { return [] }
        if parts[0] == "decoder_embeddings", parts[2] == "token_emb.weight" { return ["decoder_embeddings.\(parts[1]).to_logits.weight"] }
        return parts[0] == "encoder_embeddings" && parts[2] == "mod_emb" ? ["decoder_embeddings.\(parts[1]).mod_emb"] : []
    }

    /// The bias that a norm without one keeps as zeros.
    private static func emptyBias(of key: String) -> String? {
        let parts = key.split(separator: ".")
        guard parts.count >= 2, parts.last == "weight", parts[parts.count - 2].contains("norm") else { return nil }
        return key.dropLast("weight".count) + "bias"
    }
}
