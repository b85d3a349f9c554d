/// Which dense layers of a transformer get low-rank adapters, and of what rank.
///
/// Source: `fourm/models/lora_utils.py`, which chooses by class what checkpoints show by name.
package enum AdapterTarget: Sendable, Equatable, CaseIterable {
    case selfAttention, crossAttention, attention, mlp, all

    /// The target that an option names: `self_attn`, `cross_attn`, `attn`, `mlp`, `all`, or one of their longer spellings.
    package init?(_ name: String) {
        switch name.lowercased() {
        case "selfattn", "selfattention", "self_attn", "self_attention": self = .selfAttention
        case "crossattn", "crossattention", "cross_attn", "cross_attention": self = .crossAttention
        case "attn", "attention": self = .attention
        case "mlp": self = .mlp
        case "all", "transformer": self = .all
        default: return nil
        }
    }

    private var parents: Set<Substring> {
        switch self {
        case .selfAttention: ["attn", "self_attn"]
        case .crossAttention: ["cross_attn"]
        case .attention: ["attn", "self_attn", "cross_attn"]
        case .mlp: ["mlp"]
        case .all: ["attn", "self_attn", "cross_attn", "mlp"]
        }
    }

    /// Names of layers that get an adapter, with its rank, of parameters that are named so and have two dimensions: joined projections get
    /// the rank of each.
    package func ranks(_ matrices: some Sequence<String>, rank: Int) -> [String: Int] {
        var ranks: [String: Int] = [:]
        for key in matrices where key.hasSuffix(".weight") {
            let layer = key.dropLast(".weight".count)
            let parts = layer.split(separator: ".")
            guard parts.count >= 2, parents.contains(parts[parts.count - 2]) else { continue }
            ranks[String(layer)] = rank * AdapterTarget.projections(parts[parts.count - 1])
        }
        return ranks
    }

    /// How many projections a layer of this name holds.
    private static func projections(_ name: Substring) -> Int {
        switch name.sorted() {
        case "qkv".sorted(): 3
        case "kv".sorted(), "qk".sorted(), "qv".sorted(): 2
        default: 1
        }
    }
}
