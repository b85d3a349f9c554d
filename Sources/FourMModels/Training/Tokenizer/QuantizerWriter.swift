import IR

/// What a quantizer makes of a batch.
struct QuantizedBatch {
    /// The codes' embedding, `[b, n, latent]`, whose gradient goes to the latents.
    let quant: Traced
    /// i64 `[b·heads·n]`: one batch element behind the other, within it one head behind the other.
    let codes: Traced
    /// What was searched for, f32 `[b·heads·n, latent]`, in the same order.
    let rows: Traced
    /// The commitment loss with its weight, one number; nil where there is none.
    let loss: Traced?
    /// The codebook's buffers after this batch, by key.
    let buffers: [(key: CodebookKey, value: Traced)]
}

/// Writes the quantizer of a tokenizer as it is while it is trained (fourm/vq/quantizers): the codes of a batch, the straight-through estimator, the
/// commitment loss, and the codebook's next content, which is what the batch makes of it and no matter of gradients.
struct QuantizerWriter {
    let settings: QuantizerSettings
    let writer: LossWriter

    /// The input that gives dead codes rows of the batch: i64 `[codes]`, see ``CodebookPicks``.
    static let picks = "codebook.picks"

    /// - Parameter latents: `[b, n, latent]`.
    /// - Parameter isTrained: Whether there is a loss and the buffers change; a frozen quantizer has neither, and no gradient passes it.
    func quantized(_ latents: Traced, isTrained: Bool) throws -> QuantizedBatch {
        guard settings.kind == .lucid else { return try memcodes(latents, isTrained: isTrained) }
        let book = try writer.constant(CodebookKey.embed.key)
        let rows = try searched(latents)
        let codes = try LatentSearch(settings).nearest(rows, book)
        let found = try book.gathered(codes)
        guard isTrained else {
            return QuantizedBatch(quant: try joined(found.withoutGradient(), latents), codes: codes, rows: rows, loss: nil, buffers: [])
        }
        let through = try found.applying(StraightThrough(), rows)
        let update = CodebookUpdate(settings: settings, writer: writer, rows: try rows.withoutGradient(), codes: codes)
        return QuantizedBatch(
            quant: try joined(through, latents), codes: codes, rows: rows, loss: try commitment(found, rows), buffers: try update.buffers())
    }

    /// Weight · mean of (code - latent)², whose gradient goes to the latents.
    private func commitment(_ found: Traced, _ rows: Traced) throws -> Traced? {
        guard settings.commitment > 0 else { return nil }
        return try (found.withoutGradient() - rows).squared().mean() * settings.commitment
    }

    /// Rows that the search is for: latents, one for each head, of unit length if so configured.
    func searched(_ latents: Traced) throws -> Traced {
        let (s, heads, dim) = (latents.shape, Dim(settings.codebooks), Dim(settings.latent))
        var rows = latents
        if settings.codebooks > 1 {
            let wide = try writer.linear(latents, "quantize.project_in")
            rows = try wide.reshaped([s[0], s[1], heads, dim]).transposed([0, 2, 1, 3])
        }
        rows = try rows.reshaped([s[0] * heads * s[1], dim])
        return settings.normalizesLatents ? try rows.applying(L2Normalize()) : rows
    }

    /// The inverse of ``searched(_:)`` but for the norm: rows of all heads → `[b, n, latent]`.
    private func joined(_ rows: Traced, _ latents: Traced) throws -> Traced {
        let (s, heads, dim) = (latents.shape, Dim(settings.codebooks), Dim(settings.latent))
        guard settings.codebooks > 1 else { return try rows.reshaped(s) }
        let split = try rows.reshaped([s[0], heads, s[1], dim]).transposed([0, 2, 1, 3])
        return try writer.linear(split.reshaped([s[0], s[1], heads * dim]), "quantize.project_out")
    }
}

extension LossWriter {
    /// x · weightᵀ + bias, with the parameters `prefix.weight` and `prefix.bias`.
    func linear(_ x: Traced, _ prefix: String) throws -> Traced {
        try x.applying(Linear(), constant("\(prefix).weight"), constant("\(prefix).bias"))
    }
}
