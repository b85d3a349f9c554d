import IR

/// The memcodes quantizer (fourm/vq/quantizers/quantize_memcodes.py): each of h heads has codes of its own and takes the one whose key fits
/// its share of the latents best. Keys are codes·to_k, values codes·to_v; `quantize.codes` is `[h, codes, d]`, the projections `[h, d, d]`.
///
/// Neither table is made: (codes·K)·q = codes·(K·q), and a value is the chosen code times to_v.
extension FunctionWriter {
    /// Latents `[b, n, h·d]` → codes i64 `[b, n]`, or `[b, n, h]` if there are several heads.
    func bestMemcodes(_ latents: ValueID, _ settings: TokenizerSettings) throws -> ValueID {
        let s = shape(latents)
        let (h, d) = (Dim(settings.codebooks), Dim(settings.headDim))
        let split = try reshape(latents, [s[0] * s[1], h, d], name: "quantize.heads")
        let queries = try transpose(split, [1, 0, 2], name: "quantize.heads")
        let keys = try apply(MatMul(transposeB: true), queries, memcodesProjection("to_k", settings), name: "quantize.to_k")
        // The reference scales by a positive number first, which leaves the largest in its place.
        let scores = try apply(MatMul(transposeB: true), keys, memcodes(settings), name: "quantize.scores")
        let best = try apply(ArgReduce<ArgMax>(axis: -1), scores, name: "quantize.codes")
        guard settings.codebooks > 1 else { return try reshape(best, [s[0], s[1]], name: "quantize.codes.tokens") }
        let tokens = try transpose(best, [1, 0], name: "quantize.codes.tokens")
        return try reshape(tokens, [s[0], s[1], h], name: "quantize.codes.tokens")
    }

    /// Codes `[b, n]` or `[b, n, h]` → the values of all heads side by side, `[b, n, h·d]`.
    func memcodesEmbedding(_ codes: ValueID, _ settings: TokenizerSettings) throws -> ValueID {
        let s = shape(codes)
        let count = s[0] * s[1]
        let (h, d) = (Dim(settings.codebooks), Dim(settings.headDim))
        let perToken = try reshape(codes, [count, h], name: "quantize.lookup.heads")
        let perHead = try reshape(
            transpose(perToken, [1, 0], name: "quantize.lookup.heads"), [h, count, 1], name: "quantize.lookup.heads")
        let indices = try apply(Expand([h, count, d]), perHead, name: "quantize.lookup.indices")
        let rows = try apply(GatherElements(axis: 1), memcodes(settings), indices, name: "quantize.lookup")
        let values = try apply(MatMul(), rows, memcodesProjection("to_v", settings), name: "quantize.to_v")
        let joined = try transpose(values, [1, 0, 2], name: "quantize.values")
        return try reshape(joined, [s[0], s[1], h * d], name: "quantize.values")
    }

    private func memcodes(_ settings: TokenizerSettings) throws -> ValueID {
        try weight("quantize.codes", [settings.codebooks, settings.codebookSize, settings.headDim])
    }

    private func memcodesProjection(_ name: String, _ settings: TokenizerSettings) throws -> ValueID {
        try weight("quantize.\(name).weight", [settings.codebooks, settings.headDim, settings.headDim])
    }
}
