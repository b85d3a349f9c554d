import Foundation
import IR
import Testing

@testable import Conformance
@testable import FourMSampling

@Suite struct SamplingFilterTests {
    @Test(needsShared)
    func goldenProbabilities() throws {
        let outcome = SamplingConformance.run(
            caseJSON: try SchedulingGoldens.json("generation/sampling_filter/case.json"),
            inputs: try SchedulingGoldens.arrays("generation/sampling_filter/inputs.safetensors"),
            outputs: try SchedulingGoldens.arrays("generation/sampling_filter/outputs.safetensors"))
        #expect(outcome.failures.isEmpty)
        #expect(outcome.checks == 141)
    }

    /// Against a filter that sorts the whole row, on rows with many ties, masked values and one shared bucket.
    @Test(arguments: [
        (TopKLimit.off, 0.7), (.count(40), 0), (.count(40), 0.6), (.fraction(0.01), 0.9), (.fraction(0.0001), 0),
        (.count(1), 0.5), (.off, 0.001), (.off, 0.999),
    ])
    func agreesWithSorting(topK: TopKLimit, topP: Double) throws {
        let random = CounterRandom(seed: 7)
        for kind in 0..<4 {
            let row = (0..<3000).map { index -> Float in
                let normal = random.substream(UInt64(kind)).normal(at: UInt64(index))
                switch kind {
                case 0: return Float(3 * normal)
                case 1: return Float((4 * normal).rounded())
                case 2: return index % 3 == 0 ? -.infinity : Float(20 * normal)
                default: return Float(0.001 * normal)
                }
            }
            let filter = try SamplingFilter(temperature: 0.8, topK: topK, topP: topP)
            let values = try filter.probabilities(row)
            let expected = sorted(row, temperature: 0.8, topK: topK, topP: topP)
            let wrong = zip(values, expected).filter { abs(Double($0) - $1) > 1e-9 + 1e-5 * $1 }
            #expect(wrong.isEmpty)
        }
    }

    private func sorted(_ row: [Float], temperature: Double, topK: TopKLimit, topP: Double) -> [Double] {
        var order = row.indices.sorted { row[$0] != row[$1] ? row[$0] > row[$1] : $0 < $1 }
        if let limit = topK.limit(vocabulary: row.count) {
            let last = row[order[limit - 1]]
            order = order.filter { row[$0] >= last }
        }
        let maximum = Double(row[order[0]])
        if topP > 0 {
            let mass = order.map { exp(Double(row[$0]) - maximum) }
            let total = mass.reduce(0, +)
            var sum = 0.0
            var count = 0
            while count < order.count, count == 0 || sum <= topP * total {
                sum += mass[count]
                count += 1
            }
            order = Array(order[..<count])
        }
        var result = [Double](repeating: 0, count: row.count)
        for index in order { result[index] = exp((Double(row[index]) - maximum) / temperature) }
        let total = result.reduce(0, +)
        return result.map { $0 / total }
    }

    @Test func frequenciesFollowProbabilities() throws {
        let logits: [Float] = [0.1, 2, -1, 2, 0.7, -.infinity, 1.4, -3]
        let filter = try SamplingFilter(temperature: 1.3, topK: .count(5), topP: 0.95)
        let probabilities = try filter.probabilities(logits)
        let draws = 50_000
        let rows = [Float]((0..<draws).flatMap { _ in logits })
        var results = [SampledToken](repeating: .init(token: -1, probability: 0), count: draws)
        var sampler = RowSampler(filter: filter)
        try rows.withUnsafeBufferPointer { rows in
            try results.withUnsafeMutableBufferPointer {
                try sampler.sample(
                    logits: rows, rows: draws, vocabulary: 8, random: CounterRandom(seed: 11), into: $0)
            }
        }
        var counts = [Int](repeating: 0, count: 8)
        for result in results {
            counts[Int(result.token)] += 1
        }
        #expect(results.allSatisfy { $0.probability == probabilities[Int($0.token)] })
        for (count, probability) in zip(counts, probabilities.map(Double.init)) {
            let deviation = (probability * (1 - probability) * Double(draws)).squareRoot()
            #expect(abs(Double(count) - probability * Double(draws)) <= 4.5 * deviation)
        }
    }

    @Test func temperatureZeroTakesTheFirstMaximum() throws {
        let row: [Float] = [1, 4, 4, 0]
        let drawn = try SamplingFilter.sample(logitsRow: row, temperature: 0, topK: .count(1), uniform: 0.999)
        #expect(drawn.token == 1)
        let total = row.reduce(0) { $0 + exp(Double($1) - 4) }
        #expect(abs(Double(drawn.probability) - 1 / total) < 1e-6)
        #expect(try SamplingFilter(temperature: 0).probabilities(row) == [0, 1, 0, 0])
    }

    @Test(arguments: [1e-9, 1e-3, 1, 1e6, 1e60])
    func extremeTemperaturesStayFinite(temperature: Double) throws {
        let row: [Float] = [3, -.infinity, 3, 80, -90]
        let values = try SamplingFilter(temperature: temperature).probabilities(row)
        #expect(abs(values.reduce(0, +) - 1) < 1e-5)
        #expect(values[1] == 0)
        #expect(try SamplingFilter.sample(logitsRow: row, temperature: temperature, uniform: 0.9999).token != 1)
    }

    /// A sampler must not remember a longer or unfiltered row.
    @Test func rowsDoNotInfluenceEachOther() throws {
        var sampler = RowSampler(filter: try SamplingFilter(topP: 0.9))
        _ = try sampler.sample([Float](repeating: 1, count: 500), uniform: 0.99)
        #expect(try sampler.sample([0, 50], uniform: 0.999).token == 1)
        var open = RowSampler(filter: try SamplingFilter())
        _ = try open.sample([Float](repeating: 1, count: 500), uniform: 0.99)
        let last = try open.sample([0, 0], uniform: 0.9999)
        #expect(last == SampledToken(token: 1, probability: 0.5))
    }

    @Test func refusesWhatCannotBeSampled() {
        #expect(throws: SamplingError.logitsNotFinite) { try SamplingFilter().probabilities([1, .nan]) }
        #expect(throws: SamplingError.logitsNotFinite) { try SamplingFilter().probabilities([1, .infinity]) }
        #expect(throws: SamplingError.logitsNotFinite) { try SamplingFilter().probabilities([-.infinity]) }
        #expect(throws: SamplingError.noLogits) { try SamplingFilter().probabilities([]) }
        #expect(throws: SamplingError.self) { try SamplingFilter(temperature: -1) }
        #expect(throws: SamplingError.self) { try SamplingFilter(topK: .count(-2)) }
        #expect(throws: SamplingError.self) { try SamplingFilter(topK: .fraction(.nan)) }
    }

    @Test func exponentialIsAccurate() {
        let source = (0..<2000).map { -Float($0) * 0.0435 }
        var result = [Float](repeating: 0, count: 2000)
        let sum = source.withUnsafeBufferPointer { source in
            result.withUnsafeMutableBufferPointer {
                VectorExp.weights(of: source, shift: 0, factor: 1, into: $0)
            }
        }
        let errors = zip(source, result).map { abs(Double($1) / exp(Double($0)) - 1) }
        #expect(errors.allSatisfy { $0 < 4e-7 })
        #expect(abs(sum - result.reduce(0) { $0 + Double($1) }) < 1e-9)
    }
}
