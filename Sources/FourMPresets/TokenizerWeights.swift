/// What the weights of a tokenizer start from in the reference: `_init_weights` of fourm/vq/models/vit_models.py and, where nothing else is said,
/// PyTorch's defaults. Each element is a function of seed, tensor name and index alone.
struct TokenizerWeights {
    /// Of all tensors, by name.
    let shapes: [String: [Int]]
    /// Whether position tables are learned from random numbers on, by the prefix of their network.
    let learnedPositions: Set<String>

    /// What tensor `key` starts as; the codebook and what belongs to it apart.
    func fill(_ key: String) -> RandomWeights.Fill {
        let shape = shapes[key] ?? []
        let (module, part) = TokenizerWeights.split(key)
        if let fill = diffusion(key, module, part) { return fill }
        if part == "gamma" { return .constant(1e-6) }
        if part == "pos_emb" { return positions(key, shape) }
        if module.contains("norm") { return .constant(part == "weight" ? 1 : 0) }
        if key == "cls_emb.weight" || key == "quantize.codes" { return .normal(deviation: 1) }
        if key.hasPrefix("quantize.to_") { return .uniform(bound: (3 / Float(shape.dropFirst().first ?? 1)).squareRoot()) }
        guard let weight = shapes["\(module).weight"] else { return .constant(0) }
        if isOfTransformer(module, weight) { return part == "bias" ? .constant(0) : .uniform(bound: glorot(module, weight)) }
        // Both of a layer: weight and bias.
        return .uniform(bound: 1 / Float(weight.dropFirst().reduce(1, *)).squareRoot())
    }

    /// `encoder.blocks.0.attn.qkv` and `weight`
    private static func split(_ key: String) -> (module: String, part: String) {
        guard let point = key.lastIndex(of: ".") else { return ("", key) }
        return (String(key[..<point]), String(key[key.index(after: point)...]))
    }

    /// A dense layer of a vision transformer; its convolutions, and networks of points, are PyTorch's.
    private func isOfTransformer(_ module: String, _ weight: [Int]) -> Bool {
        guard weight.count == 2, let network = ["encoder", "decoder"].first(where: { module.hasPrefix($0 + ".") }) else { return false }
        return shapes["\(network).linear_in.weight"] == nil
    }

    /// √(6 / (inputs + outputs)), where queries, keys and values are layers of their own.
    func glorot(_ module: String, _ weight: [Int]) -> Float {
        let outputs = weight[0] / (module.hasSuffix("qkv") ? 3 : module.hasSuffix(".kv") ? 2 : 1)
        return (6 / Float(outputs + weight[1])).squareRoot()
    }

    private func positions(_ key: String, _ shape: [Int]) -> RandomWeights.Fill {
        guard !learnedPositions.contains(String(key.prefix { $0 != "." })), let table = RandomWeights.positions(shape) else {
            return .normal(deviation: 0.02)
        }
        return .table(table)
    }
}
