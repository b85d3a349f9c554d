import FourMSettings
import IR

/// How often, and how much of, its condition is hidden from a diffusion decoder (arguments of `DiVAE` in `fourm/vq/vqvae.py`).
package struct ConditionDropout: Sendable, Equatable {
    /// Share of the samples from which something is hidden.
    package var share: Double
    /// Whether single tokens are hidden rather than all.
    package var hidesTokens: Bool
    /// Fewest and most tokens that stay; nil: all. The reference calls them the numbers that are hidden, and keeps as many.
    package var least: Int
    package var most: Int?

    package init(share: Double, hidesTokens: Bool = false, least: Int = 0, most: Int? = nil) {
        (self.share, self.hidesTokens, self.least, self.most) = (share, hidesTokens, least, most)
    }

    /// Which of `count` tokens are hidden.
    func mask(_ count: Int, _ random: CounterRandom) -> [Bool] {
        guard random.uniform(at: 0) < share else { return [Bool](repeating: false, count: count) }
        guard hidesTokens else { return [Bool](repeating: true, count: count) }
        let range = min(max(least, 0), count)...max(min(most ?? count, count), min(max(least, 0), count))
        let kept = range.lowerBound + Int(random.integer(below: UInt64(range.count), at: 1))
        var mask = [Bool](repeating: true, count: count)
        for place in random.substream(2).permutation(count).prefix(kept) { mask[place] = false }
        return mask
    }
}

/// What is drawn for a batch of a diffusion tokenizer's training.
package struct DiffusionDraws: Sendable {
    /// Steps of the noise schedule.
    package let trainingSteps: Int
    package let dropout: ConditionDropout?

    package init(trainingSteps: Int, dropout: ConditionDropout? = nil) { (self.trainingSteps, self.dropout) = (trainingSteps, dropout) }

    /// Inputs `noise`, `timesteps` and, with ``dropout``, `cond_mask` of a training's function.
    /// - Parameters:
    ///   - shape: of the pictures, `[batch, channels, height, width]`.
    ///   - grid: rows and columns of tokens.
    ///   - stream: of each row, so that its draws depend on the sample and the step alone.
    package func inputs(_ shape: [Int], grid: (rows: Int, columns: Int), stream: (Int) -> CounterRandom) -> [String: Tensor] {
        let (batch, count) = (shape.first ?? 0, shape.dropFirst().reduce(1, *))
        let streams = (0..<batch).map(stream)
        let noise = streams.flatMap { $0.substream(Purpose.noise.rawValue).normals(count) }
        let timesteps = streams.map { Int($0.substream(Purpose.timestep.rawValue).integer(below: UInt64(max(trainingSteps, 0)), at: 0)) }
        var inputs = ["noise": Tensor(noise, shape), "timesteps": Tensor(integers: timesteps, [batch])]
        if let dropout {
            let tokens = grid.rows * grid.columns
            let hidden = streams.flatMap { dropout.mask(tokens, $0.substream(Purpose.condition.rawValue)) }
            inputs["cond_mask"] = Tensor(bools: hidden, [batch, grid.rows, grid.columns])
        }
        return inputs
    }

    /// Streams of a sample.
    private enum Purpose: UInt64 {
        case noise, timestep, condition
    }
}
