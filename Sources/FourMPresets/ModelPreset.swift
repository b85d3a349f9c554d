import Formats
import FourMSettings

/// A model of ml-4m's zoo: its published names, and the configuration that says its true shape.
///
/// Sources: the zoo's table in the README of apple/ml-4m; `cfgs/default/4m`, `cfgs/default/tokenization`.
package struct ModelPreset: Sendable {
    package enum Kind: String, Codable, Sendable {
        case transformer
        case tokenizer
    }

    /// E.g. `4m-21-xl`, `tok-rgb-16k`.
    package let name: String
    package let kind: Kind
    /// Models of the Hugging Face Hub that have this shape.
    package let hubNames: [String]
    /// For people.
    package let summary: String
    /// What `config.json` holds.
    package let config: ConfigDictionary
    /// Tokenizers: the modalities, without size, whose tokens it makes.
    package let modalities: [String]

    init(
        _ name: String, _ kind: Kind, hub: [String], _ summary: String, modalities: [String] = [], _ config: ConfigDictionary
    ) {
        self.name = name
        self.kind = kind
        hubNames = hub.map { "EPFL-VILAB/\($0)" }
        self.summary = summary
        self.modalities = modalities
        self.config = config
    }

    /// The whole zoo: transformers, then tokenizers.
    package static let all: [ModelPreset] = transformers + tokenizers

    /// Other names: `4m-b`, `4m-l` and `4m-xl` are the models of 7 modalities.
    package var aliases: [String] {
        ["b", "l", "xl"].contains { name == "4m-7-\($0)" } ? [name.replacing("4m-7-", with: "4m-")] : []
    }

    /// The preset of that name or alias, or the one of that Hub model.
    package static func named(_ name: String) -> ModelPreset? {
        let wanted = name.lowercased()
        return all.first { ([$0.name] + $0.aliases).contains(wanted) || $0.hubNames.contains { $0.lowercased() == wanted } }
    }

    /// Keys that the configurations of the zoo's models of one kind have, those without effect on the weights included.
    package static func configKeys(_ kind: Kind) -> Set<String> {
        all.filter { $0.kind == kind }.reduce(into: []) { $0.formUnion($1.config.keys) }
    }

    /// The tokenizer presets that give the image-like modalities of a transformer, by modality without size.
    package var tokenizers: [String: ModelPreset] {
        guard case .list(let inputs)? = config["domains_in"], case .list(let outputs)? = config["domains_out"] else { return [:] }
        var found: [String: ModelPreset] = [:]
        for case .string(let domain) in inputs + outputs {
            let base = ModalityInfo.baseName(of: domain)
            found[base] = found[base] ?? ModelPreset.tokenizers.first { $0.modalities.contains(base) }
        }
        return found
    }
}
