import IR

/// A tokenizer's encoder or decoder that treats each place of the grid alone (fourm/vq/models/mlp_models.py): human poses, global
/// features. Configurations name it `MLP/B_6-Wi_1024` or `BottleneckMLP/B_6-Wi_1024-E_4`: B layers or blocks, Wi channels, E times as many
/// inside a bottleneck block (default 4).
struct PointwiseMLP: Sendable, Equatable {
    enum Kind: String, CaseIterable, Sendable {
        case plain = "MLP"
        case bottleneck = "BottleneckMLP"
    }

    let kind: Kind
    /// Blocks of a bottleneck; of a plain MLP the number of widths, which is one more than its hidden layers.
    let depth: Int
    let width: Int
    let expansion: Int

    static let form = "MLP/B_<blocks>-Wi_<width> or BottleneckMLP/B_<blocks>-Wi_<width>, with -E_<expansion> if not 4"

    /// Reads a name; nil if it is none of this form, or a number is outside 1…65536.
    init?(name: String) {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let kind = Kind(rawValue: String(parts[0])) else { return nil }
        // The reference goes by position, not by the letters: it reads what follows the first underscore of each part.
        let numbers = parts[1].split(separator: "-", omittingEmptySubsequences: false).map { part -> Int? in
            let fields = part.split(separator: "_", omittingEmptySubsequences: false)
            return fields.count == 2 ? Int(fields[1]).flatMap { (1...65_536).contains($0) ? $0 : nil } : nil
        }
        guard numbers.count == 2 || numbers.count == 3, let depth = numbers[0], let width = numbers[1], depth <= 1024 else { return nil }
        guard let expansion = numbers.count == 3 ? numbers[2] : 4, expansion <= 1024 else { return nil }
        (self.kind, self.depth, self.width, self.expansion) = (kind, depth, width, expansion)
    }

    /// Added to the variance in every layer normalization.
    static let eps = 1e-5
}

extension FunctionWriter {
    /// `[b, n, inputs]` → `[b, n, outputs]`
    func pointwiseMLP(_ tokens: ValueID, _ prefix: String, _ mlp: PointwiseMLP, _ inputs: Int, _ outputs: Int) throws -> ValueID {
        var x = try linear(tokens, "\(prefix).linear_in", inputs, mlp.width, bias: true)
        switch mlp.kind {
        case .plain:
            // Norm then linear; there is no activation function.
            for layer in 0..<mlp.depth - 1 {
                let normed = try layerNorm(x, "\(prefix).layernorms.\(layer)", mlp.width, eps: PointwiseMLP.eps)
                x = try linear(normed, "\(prefix).layers.\(layer)", mlp.width, mlp.width, bias: true)
            }
        case .bottleneck:
            for layer in 0..<mlp.depth { x = try bottleneck(x, prefix, layer, mlp) }
        }
        return try linear(x, "\(prefix).linear_out", mlp.width, outputs, bias: true)
    }

    /// x + w₂ gelu(w₁ norm(x))
    private func bottleneck(_ x: ValueID, _ prefix: String, _ layer: Int, _ mlp: PointwiseMLP) throws -> ValueID {
        let name = "\(prefix).blocks.\(layer).block"
        let wide = mlp.expansion * mlp.width
        let normed = try layerNorm(x, "\(prefix).layernorms.\(layer)", mlp.width, eps: PointwiseMLP.eps)
        let inner = try linear(normed, "\(name).0", mlp.width, wide, bias: true)
        let active = try apply(Unary<Gelu>(), inner, name: "\(name).1")
        let y = try linear(active, "\(name).2", wide, mlp.width, bias: true)
        return try add(x, y, name: "\(name).residual")
    }
}
