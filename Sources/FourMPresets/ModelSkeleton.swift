import Formats
import FourMSettings
import IR
import Importers

/// Models built from their configuration alone: every tensor with its name and shape, none with data.
package enum ModelSkeleton {
    /// The module that `config` describes; see `FourMImporter.skeleton`.
    ///
    /// Vocabularies and lengths are those of the modality table, or of the configuration's `modality_overrides`.
    /// - Throws: `ImportError`, `CheckpointError`, ``SettingsError`` naming the configuration key.
    package static func module(_ config: Config, name: String) throws -> Module {
        try FourMImporter.skeleton(config, name: name, plan: plan(config))
    }

    /// The tensors that a checkpoint of that model holds, all f32, sorted by name.
    /// - Throws: as ``module(_:name:)``.
    package static func tensors(_ config: Config, name: String) throws -> [Constant] {
        try module(config, name: name).constants.values.filter { $0.bytes == nil }.sorted { $0.key < $1.key }
    }

    /// The tensors that a transformer is trained with: modality embeddings that encoder and decoder share are one, and so are token tables and
    /// heads if `sharesHeads`.
    /// - Throws: as ``module(_:name:)``.
    package static func trained(_ config: Config, name: String, sharesHeads: Bool) throws -> [Constant] {
        var plan = try plan(config)
        let dim = try config.int("dim", default: 768)
        let outputs = try config.strings("domains_out")
        if try config.bool("share_modality_embeddings", default: true) {
            for name in try config.strings("domains_in") where outputs.contains(name) {
                plan.shapes["encoder_embeddings.\(name).mod_emb"] = [1, 1, dim]
            }
        }
        for name in sharesHeads ? [] : outputs {
            plan.shapes["decoder_embeddings.\(name).to_logits.weight"] = plan.shapes["decoder_embeddings.\(name).token_emb.weight"]
        }
        let module = try FourMImporter.skeleton(config, name: name, plan: plan)
        return module.constants.values.filter { $0.bytes == nil }.sorted { $0.key < $1.key }
    }

    private static func plan(_ config: Config) throws -> WeightPlan {
        guard config.contains("domains_in") else {
            return WeightPlan(parts: ["encoder.", "decoder.", "quantize.", "quant_proj."], optional: [".gamma"])
        }
        let dim = try config.int("dim", default: 768)
        let imageSize = try config.int("image_size", default: 224)
        let patchSize = try config.int("patch_size", default: 16)
        let overrides = try overrides(of: config)
        let table = try ModalityTable.standard.applying(overrides)
        var plan = WeightPlan()
        for (side, key) in [("encoder", "domains_in"), ("decoder", "domains_out")] {
            for name in try config.strings(key) {
                let info = try table.info(name)
                guard side == "encoder" ? info.isInput : info.isOutput else { continue }
                let shapes = embedding(info, dim: dim, imageSize: imageSize, patchSize: patchSize)
                for (tensor, shape) in shapes { plan.shapes["\(side)_embeddings.\(name).\(tensor)"] = shape }
            }
        }
        return plan
    }

    /// Rows of a 1-D position table, whatever the maximum length: `max_sincos_pos_emb` of fourm/models/encoder_embeddings.py.
    static let sequencePositions = 512

    /// Tensors whose sizes only the modality table tells.
    private static func embedding(_ info: ModalityInfo, dim: Int, imageSize: Int, patchSize: Int) -> [String: [Int]] {
        let side = info.gridSide(imageSize: imageSize, patchSize: patchSize)
        var shapes = ["pos_emb": [1, side.map { $0 * $0 } ?? sequencePositions, dim]]
        switch info.encoder {
        case .imagePatches:
            let patch = info.patchSize ?? patchSize
            shapes["proj.weight"] = [dim, (info.channels ?? 3) * patch * patch]
        case .sequenceEmbedding: shapes["emb_proj.weight"] = [dim, info.embeddingDim ?? 4096]
        case .imageTokens, .sequence, nil: shapes["token_emb.weight"] = [info.vocabularySize ?? 0, dim]
        }
        return shapes
    }

    /// What a configuration puts in place of the modality table.
    package static func overrides(of config: Config) throws -> [String: ModalityOverride] {
        try config.optionalSection("modality_overrides").map { try ModelSkeleton.overrides($0) } ?? [:]
    }

    private static func overrides(_ section: Config) throws -> [String: ModalityOverride] {
        var made: [String: ModalityOverride] = [:]
        for name in section.keys {
            guard let own = try section.optionalSection(name) else { continue }
            made[name] = ModalityOverride(
                vocabularySize: try own.optionalInt("vocab_size"), maxLength: try own.optionalInt("max_length"),
                maxTokens: try own.optionalInt("max_tokens"), embeddingDim: try own.optionalInt("orig_emb_dim"))
        }
        return made
    }
}
