/// Scores, masks, softmax and products as plain operators: the softmax of the way there serves on the way back.
extension Attention: Composite {
    package func composed(of inputs: [Traced?]) throws -> Traced {
        if int8 { throw DerivativeError("products of 8-bit integers have no derivative; differentiate the model before it is quantized") }
        let all = inputs + [Traced?](repeating: nil, count: max(5 - inputs.count, 0))
        guard let q = all[0], let k = all[1], let v = all[2] else { throw DerivativeError("q, k or v is missing") }
        guard let group = Attention.group(q.shape[1], k.shape[1]) else { throw DerivativeError("the heads of q and k do not fit") }
        let (keys, values) = (try k.cast(to: q.dtype).repeated(group), try v.cast(to: q.dtype).repeated(group))
        var scores = try q.product(keys, otherTransposed: true) * scale
        if let bias = all[4] { scores = try scores + bias.cast(to: q.dtype) }
        if let mask = all[3] { scores = try scores.hidden(by: mask) }
        if causal { scores = try scores.hidden(by: later(scores)) }
        return try scores.applying(Softmax(offByOne: offByOne)).product(values)
    }

    /// Which keys [m] come behind query i [n, 1]: those above i + m - n.
    private func later(_ scores: Traced) throws -> Traced {
        let (queries, keys) = (scores.shape[2], scores.shape[3])
        let last = try scores.counting(queries).reshaped([queries, 1])
        let key = try scores.counting(keys)
        return try key.isGreater(than: last + last.size(keys - queries))
    }
}

extension Traced {
    /// Scores that masks hide are the lowest finite ones; f16 has its own.
    fileprivate func hidden(by mask: Traced) throws -> Traced {
        try mask.choosing(number(dtype == .f16 ? -65504 : Attention.maskedScore), else: self)
    }

    /// Each head of [b, g, m, d] as often as heads of queries read it.
    fileprivate func repeated(_ times: Int) throws -> Traced {
        if times == 1 { return self }
        let apart = try reshaped([shape[0], shape[1], 1, shape[2], shape[3]])
        let copies = try apart.expanded(to: [shape[0], shape[1], Dim(times), shape[2], shape[3]])
        return try copies.reshaped([shape[0], shape[1] * Dim(times), shape[2], shape[3]])
    }
}
