import IR

/// The memcodes quantizer while it is trained (fourm/vq/quantizers/quantize_memcodes.py): each head takes the code whose key, with Gumbel noise added,
/// fits best; gradients take the way of the softmax. Keys are codes·to_k, values codes·to_v.
extension QuantizerWriter {
    func memcodes(_ latents: Traced, isTrained: Bool) throws -> QuantizedBatch {
        let (s, h) = (latents.shape, Dim(settings.codebooks))
        let d = Dim(settings.latent / settings.codebooks)
        let split = try latents.reshaped([s[0] * s[1], h, d]).transposed([1, 0, 2])
        let codes = try writer.constant("quantize.codes")
        let keys = try codes.product(writer.constant("quantize.to_k.weight"))
        let values = try codes.product(writer.constant("quantize.to_v.weight"))
        let scores = try (split * (1 / Double(settings.latent / settings.codebooks).squareRoot())).product(keys, otherTransposed: true)
        let noisy = isTrained ? try scores + gumbel(scores) : scores
        let best = try noisy.applying(ArgReduce<ArgMax>(axis: -1))
        let chosen = try oneHot(best, like: noisy)
        let picks = isTrained ? try chosen.applying(StraightThrough(), noisy.applying(Softmax())) : chosen
        let joined = try picks.product(values).transposed([1, 0, 2]).reshaped(s)
        let quant = isTrained ? joined : try joined.withoutGradient()
        return QuantizedBatch(quant: quant, codes: try tokens(best, s), rows: try rows(split, s), loss: nil, buffers: [])
    }

    /// -log(-log(u)) for u uniform in (0, 1).
    private func gumbel(_ scores: Traced) throws -> Traced {
        let smallest = 0x1p-24
        let noise = try scores.source(Random(scores.type, .uniform, a: smallest, b: 1 - smallest))
        return try -((-(noise.mapped(Log.self))).mapped(Log.self))
    }

    /// 1 where the last index is `best` `[h, n]`, `[h, n, codes]`.
    private func oneHot(_ best: Traced, like scores: Traced) throws -> Traced {
        let numbers = try best.counting(scores.shape[2])
        return try best.reshaped(best.shape + [1]).equals(numbers).cast(to: scores.dtype)
    }

    /// `[h, b·n]` → `[b·h·n]`
    private func tokens(_ best: Traced, _ s: [Dim]) throws -> Traced {
        let h = best.shape[0]
        return try best.reshaped([h, s[0], s[1]]).transposed([1, 0, 2]).reshaped([s[0] * h * s[1]])
    }

    /// `[h, b·n, d]` → `[b·h·n, d]`
    private func rows(_ split: Traced, _ s: [Dim]) throws -> Traced {
        let (h, d) = (split.shape[0], split.shape[2])
        return try split.reshaped([h, s[0], s[1], d]).transposed([1, 0, 2, 3]).reshaped([s[0] * h * s[1], d])
    }
}
