import IR

/// Vector quantization (fourm/vq/quantizers/quantize_lucid.py, and quantize_memcodes.py in `Memcodes.swift`).
extension FunctionWriter {
    private static let codebook = "quantize._codebook.embed"

    /// Latents `[b, n, latent]` → codes i64 `[b, n]`, or `[b, n, codebooks]` if there are several.
    func nearestCodes(_ latents: ValueID, _ settings: TokenizerSettings) throws -> ValueID {
        switch settings.quantizer {
        case .lucid: try nearestRows(latents, settings)
        case .memcodes: try bestMemcodes(latents, settings)
        }
    }

    /// Codes `[b, n]` or `[b, n, codebooks]` → what they stand for, `[b, n, latent]`.
    func codeEmbedding(_ codes: ValueID, _ settings: TokenizerSettings) throws -> ValueID {
        switch settings.quantizer {
        case .lucid: try rowEmbedding(codes, settings)
        case .memcodes: try memcodesEmbedding(codes, settings)
        }
    }

    private func nearestRows(_ latents: ValueID, _ settings: TokenizerSettings) throws -> ValueID {
        var x = latents
        if settings.codebooks > 1 {
            let joined = try linear(
                x, "quantize.project_in", settings.latent, settings.latent * settings.codebooks, bias: true)
            let s = shape(joined)
            x = try reshape(
                joined, [s[0], s[1], Dim(settings.codebooks), Dim(settings.latent)], name: "quantize.project_in.heads")
        }
        if settings.normalizesLatents { x = try apply(L2Normalize(), x, name: "quantize.norm_latents") }
        let table = try weight(Self.codebook, [settings.codebookSize, settings.latent])
        let scores = settings.normalizesCodes ? try cosines(x, table) : try negatedDistances(x, table)
        return try apply(ArgReduce<ArgMax>(axis: -1), scores, name: "quantize.codes")
    }

    private func cosines(_ x: ValueID, _ table: ValueID) throws -> ValueID {
        let rows = try apply(L2Normalize(), x, name: "quantize.normalize")
        let codes = try apply(L2Normalize(), table, name: "quantize.normalize_codes")
        return try apply(Linear(), rows, codes, name: "quantize.cosines")
    }

    /// x·e - |e|²/2, which is largest where |x - e|² is smallest.
    private func negatedDistances(_ x: ValueID, _ table: ValueID) throws -> ValueID {
        let squares = try apply(Unary<Square>(), table, name: "quantize.squares")
        let norms = try apply(Reduce<ReduceSum>(axes: [1]), squares, name: "quantize.norms")
        let shift = try multiply(norms, try scalar(-0.5), name: "quantize.shift")
        return try apply(Linear(), x, table, shift, name: "quantize.distances")
    }

    /// Stored codebook rows; those of several codebooks are projected back.
    private func rowEmbedding(_ codes: ValueID, _ settings: TokenizerSettings) throws -> ValueID {
        let table = try weight(Self.codebook, [settings.codebookSize, settings.latent])
        let rows = try apply(Gather(axis: 0), table, codes, name: "quantize.lookup")
        guard settings.codebooks > 1 else { return rows }
        let s = shape(rows)
        let width = settings.latent * settings.codebooks
        let joined = try reshape(rows, [s[0], s[1], Dim(width)], name: "quantize.lookup.heads")
        return try linear(joined, "quantize.project_out", width, settings.latent, bias: true)
    }

    /// Codes of one row per token → token grid: `[b, gh, gw]` or `[b, codebooks, gh, gw]`.
    func codeGrid(_ codes: ValueID, _ settings: TokenizerSettings, _ rows: Dim, _ columns: Dim) throws -> ValueID {
        let s = shape(codes)
        guard settings.codebooks > 1 else { return try reshape(codes, [s[0], rows, columns], name: "quantize.grid") }
        let turned = try transpose(codes, [0, 2, 1], name: "quantize.grid")
        return try reshape(turned, [s[0], s[2], rows, columns], name: "quantize.grid")
    }

    /// The inverse of ``codeGrid(_:_:_:_:)``.
    func codeList(_ grid: ValueID, _ settings: TokenizerSettings) throws -> ValueID {
        let s = shape(grid)
        guard settings.codebooks > 1 else { return try reshape(grid, [s[0], s[1] * s[2]], name: "quantize.list") }
        let flat = try reshape(grid, [s[0], s[1], s[2] * s[3]], name: "quantize.list")
        return try transpose(flat, [0, 2, 1], name: "quantize.list")
    }
}
