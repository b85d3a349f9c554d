import IR

/// Random rows of a batch, for dead codes and for a start by k-means (`sample_vectors` of fourm/vq/quantizers/quantize_lucid.py).
package enum CodebookPicks {
    /// `codes` row numbers below `rows`, i64 `[codes]`, each a function of the random stream alone: all different where there are enough rows; else
    /// each row once, before any comes again.
    /// - Parameter random: Of this step.
    package static func drawn(rows: Int, codes: Int, _ random: CounterRandom) -> Tensor {
        guard rows > 0 else { return Tensor(integers: [Int](repeating: 0, count: codes), [codes]) }
        var order = Array(random.permutation(rows).prefix(codes))
        let more = random.substream(1)
        for index in order.count..<max(codes, order.count) { order.append(Int(more.integer(below: UInt64(rows), at: UInt64(index)))) }
        return Tensor(integers: order, [codes])
    }

    /// Given row numbers, in order, padded to what a function takes.
    package static func given(_ rows: [Int], codes: Int) -> Tensor {
        Tensor(integers: Array(rows.prefix(codes)) + [Int](repeating: 0, count: max(codes - rows.count, 0)), [codes])
    }
}
