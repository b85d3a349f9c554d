import IR
import Testing

@testable import FourMModels
@testable import FourMSampling

/// Pearson's statistic of counts against expected ones; bins that expect fewer than five are taken together.
struct ChiSquare {
    let statistic: Double
    let degrees: Int

    init(counts: [Int], expected: [Double]) {
        var bins: [(count: Double, expected: Double)] = []
        var rest = (count: 0.0, expected: 0.0)
        for (count, expected) in zip(counts, expected) {
            if expected >= 5 {
                bins.append((Double(count), expected))
            } else {
                rest = (rest.count + Double(count), rest.expected + expected)
            }
        }
        if rest.expected > 0 || rest.count > 0 { bins.append((rest.count, max(rest.expected, 1e-9))) }
        statistic = bins.reduce(0) { $0 + ($1.count - $1.expected) * ($1.count - $1.expected) / $1.expected }
        degrees = max(bins.count - 1, 1)
    }

    /// What true draws exceed once in ten thousand (Wilson and Hilferty's approximation).
    var limit: Double {
        let d = Double(degrees)
        let root = 1 - 2 / (9 * d) + 3.72 * (2 / (9 * d)).squareRoot()
        return d * root * root * root
    }

    var isPlausible: Bool { statistic < limit }
}

/// What the sampler draws against the filtered probabilities, which the golden case generation/sampling_filter holds to the reference.
@Suite struct DrawTests {
    private static let vocabulary = 40
    private static let logits = (0..<vocabulary).map { Float(CounterRandom(seed: 3).normal(at: UInt64($0)) * 1.5) }

    /// How often each token comes in `rows` rows of `places` places with the same logits.
    private func counts(_ options: Sampler.Options, _ temperature: Double, rows: Int = 80, places: Int = 100) throws -> [Int] {
        let all = [[Float]](repeating: Self.logits, count: rows * places).flatMap { $0 }
        let drawn = try options.draw(
            Tensor(all, [rows, places, Self.vocabulary]), rows: Array(0..<rows), target: "tok_rgb@224", step: 2, temperature: temperature)
        var counts = [Int](repeating: 0, count: Self.vocabulary)
        for token in drawn.flatMap({ $0 }) { counts[Int(token.token)] += 1 }
        return counts
    }

    private func expected(_ options: Sampler.Options, _ temperature: Double, draws: Int) throws -> [Double] {
        try SamplingFilter(temperature: temperature, topK: options.topK, topP: options.topP).probabilities(Self.logits)
            .map { Double($0) * Double(draws) }
    }

    @Test(arguments: [(1.0, TopKLimit.off, 0.0), (0.6, .off, 0.8), (2.5, .count(7), 0), (1.4, .fraction(0.5), 0.9)])
    func drawsFollowTheFilteredProbabilities(temperature: Double, topK: TopKLimit, topP: Double) throws {
        var options = Sampler.Options()
        (options.seed, options.topK, options.topP) = (20, topK, topP)
        let counts = try counts(options, temperature)
        let expected = try expected(options, temperature, draws: 8000)
        let fit = ChiSquare(counts: counts, expected: expected)
        #expect(fit.isPlausible, "\(fit.statistic) of \(fit.limit)")
        // The test can tell: draws at a temperature a fifth higher, or without the filter, do not pass.
        let warmer = ChiSquare(counts: try self.counts(options, temperature * 1.2), expected: expected)
        #expect(!warmer.isPlausible, "\(warmer.statistic) of \(warmer.limit)")
    }

    @Test func draftOfAnotherSeedOrPlaceIsAnotherButEquallyLikely() throws {
        var options = Sampler.Options()
        options.rows = (0..<80).map { SampleKey(sample: $0, variation: 3) }
        let varied = try counts(options, 1)
        #expect(ChiSquare(counts: varied, expected: try expected(options, 1, draws: 8000)).isPlausible)
        options.rows = []
        #expect(try counts(options, 1) != varied)
    }

    @Test func randomOrdersAreUniform() {
        var options = Sampler.Options()
        options.seed = 5
        var counts = [Int](repeating: 0, count: 12)
        for row in 0..<2400 { counts[options.order(Array(0..<12), first: 3, row: row, target: "a", step: 1)[0]] += 1 }
        #expect(ChiSquare(counts: counts, expected: [Double](repeating: 200, count: 12)).isPlausible)
        counts[0] += 90
        #expect(!ChiSquare(counts: counts, expected: [Double](repeating: 200, count: 12)).isPlausible)
    }

    @Test func theFirstVariationAndPassAreTheSampleItself() {
        let base = CounterRandom(seed: 1).substream("x")
        let plain = SampleKey(sample: 4).stream(in: base)
        #expect(plain == base.substream(4))
        let others = [SampleKey(sample: 4, variation: 1), SampleKey(sample: 4, pass: 1), SampleKey(sample: 4, variation: 1, pass: 1)]
        #expect(Set(others.map { $0.stream(in: base) } + [plain]).count == 4)
    }
}
