/// How many of the most probable tokens stay.
///
/// Encoded as 0 (off), `{"count": n}` or `{"fraction": f}`.
package enum TopKLimit: Hashable, Sendable {
    case off
    /// The n most probable; more than the vocabulary means all.
    case count(Int)
    /// The share of the vocabulary, rounded down, at least one token (where the reference fails).
    case fraction(Double)

    /// Number of tokens for a vocabulary, nil when all stay.
    func limit(vocabulary: Int) -> Int? {
        switch self {
        case .off: return nil
        case .count(let count): return count >= vocabulary ? nil : max(count, 1)
        case .fraction(let share):
            let product = share * Double(vocabulary)
            return product >= Double(vocabulary) ? nil : max(Int(product), 1)
        }
    }
}

/// Restricts logits to the most probable tokens and makes probabilities of them: top-k, then top-p, then the softmax at
/// the temperature.
///
/// Source: `top_k_top_p_filtering` and `sample_tokens` in `fourm/models/generate.py`. Values tied with the k-th stay.
/// Top-p acts on the softmax at temperature 1 of what top-k left; the token that crosses the threshold stays; among
/// tied values the lower index comes first.
package struct SamplingFilter: Hashable, Sendable {
    package let temperature: Double
    package let topK: TopKLimit
    /// 0 and below is off, as is 1 and above.
    package let topP: Double

    /// Temperatures up to this mean: take the most probable token.
    package static let greedyTemperature = 1e-10

    /// - Throws: `SamplingError.setting` for a negative or non-finite temperature, non-finite top-p, or a negative or
    ///   non-finite top-k.
    package init(temperature: Double = 1, topK: TopKLimit = .off, topP: Double = 0) throws(SamplingError) {
        guard temperature.isFinite, temperature >= 0 else {
            throw .setting(name: "temperature", value: temperature, allowed: "a finite number, 0 or more")
        }
        guard topP.isFinite else { throw .setting(name: "top_p", value: topP, allowed: "a number from 0 to 1") }
        switch topK {
        case .off, .count(1...): break
        case .count(let count):
            throw .setting(name: "top_k", value: Double(count), allowed: "a count of 1 or more, or 0 for off")
        case .fraction(let share):
            guard share.isFinite, share > 0 else {
                throw .setting(name: "top_k", value: share, allowed: "a fraction above 0, or 0 for off")
            }
        }
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
    }

    /// Whether the most probable token is taken without drawing.
    package var isGreedy: Bool { temperature <= Self.greedyTemperature }

    /// Filtered probabilities of one row, same length as the row. At temperature 0 the first maximum has it all.
    /// - Throws: `SamplingError.noLogits`, `.logitsNotFinite`.
    package func probabilities(_ logits: [Float]) throws(SamplingError) -> [Float] {
        var sampler = RowSampler(filter: self)
        return try sampler.probabilities(logits)
    }

    /// Draws one token from one row. For many rows keep a `RowSampler`.
    /// - Parameter uniform: a number in [0, 1).
    /// - Throws: `SamplingError`.
    package static func sample(
        logitsRow: [Float], temperature: Double, topK: TopKLimit = .off, topP: Double = 0, uniform: Double
    ) throws(SamplingError) -> SampledToken {
        var sampler = RowSampler(filter: try SamplingFilter(temperature: temperature, topK: topK, topP: topP))
        return try sampler.sample(logitsRow, uniform: uniform)
    }
}

/// A drawn token.
package struct SampledToken: Hashable, Sendable {
    package var token: Int32
    /// Its probability after filtering: how sure the draw was, by which MaskGIT ranks positions. At temperature 0 the
    /// probability at temperature 1 without filters, so that positions can still be ranked (the reference gives 1).
    package var probability: Float

    package init(token: Int32, probability: Float) {
        self.token = token
        self.probability = probability
    }
}

extension TopKLimit: Codable {
    private enum CodingKeys: String, CodingKey { case count, fraction }

    package init(from decoder: any Decoder) throws {
        if let container = try? decoder.singleValueContainer(), let value = try? container.decode(Double.self) {
            guard value == 0 else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "top_k is 0, {\"count\": n} or {\"fraction\": f}")
            }
            self = .off
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let count = try container.decodeIfPresent(Int.self, forKey: .count) {
            self = .count(count)
        } else {
            self = .fraction(try container.decode(Double.self, forKey: .fraction))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .off:
            var container = encoder.singleValueContainer()
            try container.encode(0)
        case .count(let count):
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(count, forKey: .count)
        case .fraction(let share):
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(share, forKey: .fraction)
        }
    }
}
