import FourMSampling
import IR

extension Sampler.Options {
    /// Which sample row `row` of the batch is.
    func key(_ row: Int) -> SampleKey { rows.indices.contains(row) ? rows[row] : SampleKey(sample: row + rowOffset) }

    /// Random numbers of one row, target and step.
    func random(row: Int, target: String, step: Int) -> CounterRandom {
        key(row).stream(in: CounterRandom(seed: seed).substream(target).substream(UInt64(step)))
    }

    func sampler(_ temperature: Double) throws -> RowSampler {
        RowSampler(filter: try SamplingFilter(temperature: temperature, topK: topK, topP: topP))
    }

    /// A token and its probability for each place of `logits` f32 [rows, n, vocabulary]. Place p draws with the p-th number of its
    /// row's stream. `rows` are the numbers of these rows in the batch.
    func draw(_ logits: Tensor, rows: [Int], target: String, step: Int, temperature: Double) throws -> [[SampledToken]] {
        let (count, vocabulary) = (logits.shape[1], logits.shape[2])
        var sampler = try sampler(temperature)
        return try logits.bytes.buffer.withMemoryRebound(to: Float.self) { values in
            try rows.enumerated().map { index, row in
                let random = random(row: row, target: target, step: step)
                return try (0..<count).map { place in
                    let start = (index * count + place) * vocabulary
                    return try sampler.sample(
                        UnsafeBufferPointer(rebasing: values[start..<start + vocabulary]), uniform: random.uniform(at: UInt64(place)))
                }
            }
        }
    }

    /// The first `count` of a row's open positions in a random order.
    func order(_ positions: [Int], first count: Int, row: Int, target: String, step: Int) -> [Int] {
        let order = random(row: row, target: target, step: step).substream("order").permutation(positions.count)
        return order.prefix(max(count, 0)).map { positions[$0] }
    }
}
