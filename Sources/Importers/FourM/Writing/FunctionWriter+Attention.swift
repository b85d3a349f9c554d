import IR

/// What the blocks of one transformer share. Checkpoint keys below a block: `norm1 attn.qkv attn.proj norm2 mlp.fc1 …`.
struct BlockSettings: Sendable {
    var dim: Int
    var heads: Int
    var hidden: Int
    var activation: ActivationName = .gelu
    var isGated = false
    var hasQKVBias = true
    var hasProjectionBias = true
    var hasMLPBias = true
    var hasNormBias = true
    var hasQKNorm = false
    /// Added to the variance in every layer normalization.
    var eps = 1e-6

    var headDim: Int { dim / heads }
}

extension FunctionWriter {
    /// The lowest finite f32. Masked scores get it instead of minus infinity, so that a row whose keys are all masked
    /// attends uniformly.
    static let maskedScore = -3.4028234663852886e38

    /// softmax(where(mask, lowest, q·kᵀ / √d))·v for q `[b, h, n, d]`, k and v `[b, h, m, d]`, mask bool
    /// `[b, 1, 1|n, m]`, True = masked.
    func attention(_ q: ValueID, _ k: ValueID, _ v: ValueID, mask: ValueID?, headDim: Int, name: String) throws
        -> ValueID
    {
        let products = try apply(MatMul(transposeB: true), q, k, name: "\(name).scores")
        var scores = try multiply(products, scalar(1 / Double(headDim).squareRoot()), name: "\(name).scale")
        if let mask { scores = try apply(Where(), mask, scalar(Self.maskedScore), scores, name: "\(name).mask") }
        let probabilities = try apply(Softmax(axis: -1), scores, name: "\(name).softmax")
        return try apply(MatMul(), probabilities, v, name: "\(name).mix")
    }

    /// Splits `[b, n, parts·h·d]` (part major) into `parts` tensors `[b, h, n, d]`.
    func splitHeads(_ x: ValueID, parts: Int, _ settings: BlockSettings, name: String) throws -> [ValueID] {
        let s = shape(x)
        let (h, d) = (Dim(settings.heads), Dim(settings.headDim))
        let split = try reshape(x, [s[0], s[1], Dim(parts), h, d], name: "\(name).heads")
        return try (0..<parts).map { part in
            let one = try apply(
                Slice(axis: 2, start: Dim(part), end: Dim(part + 1)), split, name: "\(name).part\(part)")
            let flat = try reshape(one, [s[0], s[1], h, d], name: "\(name).part\(part)")
            return try transpose(flat, [0, 2, 1, 3], name: "\(name).part\(part)")
        }
    }

    /// `[b, h, n, d]` → `[b, n, h·d]`
    func mergeHeads(_ x: ValueID, name: String) throws -> ValueID {
        let s = shape(x)
        let turned = try transpose(x, [0, 2, 1, 3], name: "\(name).merge")
        return try reshape(turned, [s[0], s[2], s[1] * s[3]], name: "\(name).merge")
    }

    /// Normalizes queries or keys over the head dimension, where the model does so.
    func normalizeHeads(_ x: ValueID, _ prefix: String, _ settings: BlockSettings) throws -> ValueID {
        guard settings.hasQKNorm else { return x }
        return try layerNorm(x, prefix, settings.headDim, eps: settings.eps, bias: settings.hasNormBias)
    }

    /// Queries, keys and values of self-attention, each `[b, h, n, d]`, from `prefix.qkv`.
    func selfProjections(
        _ x: ValueID, _ prefix: String, _ settings: BlockSettings
    ) throws -> (q: ValueID, k: ValueID, v: ValueID) {
        let name = "\(prefix).qkv"
        let joined = try linear(x, name, settings.dim, 3 * settings.dim, bias: settings.hasQKVBias)
        let parts = try splitHeads(joined, parts: 3, settings, name: name)
        let q = try normalizeHeads(parts[0], "\(prefix).q_norm", settings)
        let k = try normalizeHeads(parts[1], "\(prefix).k_norm", settings)
        return (q, k, parts[2])
    }

    /// Merges the heads of an attention result and applies `prefix.proj`.
    func projectHeads(_ x: ValueID, _ prefix: String, _ settings: BlockSettings) throws -> ValueID {
        let merged = try mergeHeads(x, name: prefix)
        return try linear(merged, "\(prefix).proj", settings.dim, settings.dim, bias: settings.hasProjectionBias)
    }

    /// x + mlp(norm2(x)); gated: fc2(act(fc1 x) · fc3 x), else fc2(act(fc1 x)).
    func mlpBranch(_ x: ValueID, _ prefix: String, _ settings: BlockSettings) throws -> ValueID {
        let name = "\(prefix).mlp"
        let normed = try norm(x, "\(prefix).norm2", settings)
        let first = try linear(normed, "\(name).fc1", settings.dim, settings.hidden, bias: settings.hasMLPBias)
        var inner = try apply(settings.activation.op, first, name: "\(name).act")
        if settings.isGated {
            let gate = try linear(normed, "\(name).fc3", settings.dim, settings.hidden, bias: settings.hasMLPBias)
            inner = try multiply(inner, gate, name: "\(name).gate")
        }
        let y = try linear(inner, "\(name).fc2", settings.hidden, settings.dim, bias: settings.hasMLPBias)
        return try add(x, y, name: "\(name).residual")
    }

    func norm(_ x: ValueID, _ prefix: String, _ settings: BlockSettings) throws -> ValueID {
        try layerNorm(x, prefix, settings.dim, eps: settings.eps, bias: settings.hasNormBias)
    }

    /// One encoder block: self-attention, then the MLP, each normalized before and added to its input.
    func encoderBlock(_ x: ValueID, _ prefix: String, mask: ValueID?, _ settings: BlockSettings) throws -> ValueID {
        let name = "\(prefix).attn"
        let (q, k, v) = try selfProjections(norm(x, "\(prefix).norm1", settings), name, settings)
        let mixed = try attention(q, k, v, mask: mask, headDim: settings.headDim, name: name)
        let y = try add(x, projectHeads(mixed, name, settings), name: "\(name).residual")
        return try mlpBranch(y, prefix, settings)
    }
}
