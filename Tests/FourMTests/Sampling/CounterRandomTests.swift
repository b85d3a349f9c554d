import Foundation
import Testing

@testable import FourMSampling
@testable import IR

@Suite struct CounterRandomTests {
    /// Known answers of Random123 (`kat_vectors`, philox4x32 10).
    @Test func philoxKnownAnswers() {
        #expect(
            Philox.block(counter: .zero, key: 0)
                == SIMD4(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8))
        #expect(
            Philox.block(counter: SIMD4(repeating: .max), key: .max)
                == SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd))
        #expect(
            Philox.block(
                counter: SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), key: 0x299f_31d0_a409_3822)
                == SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1))
    }

    @Test func streamsAndSeedsDiffer() {
        let base = CounterRandom(seed: 1)
        let others = [
            CounterRandom(seed: 2), base.substream(0), base.substream(1), base.substream("caption"),
            base.substream(0).substream(1), base.substream(1).substream(0),
        ]
        let firsts = Set(([base] + others).map { $0.bits(at: 0) })
        #expect(firsts.count == 7)
        #expect(base.substream("caption") == base.substream("caption"))
    }

    @Test func uniformsAreUniform() {
        let random = CounterRandom(seed: 3)
        var counts = [Int](repeating: 0, count: 20)
        for index in 0..<100_000 { counts[Int(random.uniform(at: UInt64(index)) * 20)] += 1 }
        let chi = counts.reduce(0.0) { $0 + pow(Double($1) - 5000, 2) / 5000 }
        #expect(chi < 43.8, "chi-squared of 19 degrees, p = 0.001")
    }

    @Test func normalsAreNormal() {
        let values = CounterRandom(seed: 5).normals(200_001).map(Double.init)
        let count = Double(values.count)
        func moment(_ order: Double) -> Double { values.reduce(0) { $0 + pow($1, order) } / count }
        #expect(abs(moment(1)) < 4 / count.squareRoot())
        #expect(abs(moment(2) - 1) < 4 * (2 / count).squareRoot())
        #expect(abs(moment(3)) < 4 * (15 / count).squareRoot())
        #expect(abs(moment(4) - 3) < 4 * (96 / count).squareRoot())
        let tail = Double(values.count { $0 > 2 }) / count
        #expect(abs(tail - 0.02275) < 4 * (0.02275 / count).squareRoot())
    }

    @Test func normalsDoNotDependOnHowTheyAreCut() {
        let random = CounterRandom(seed: 9, stream: 4)
        let whole = random.normals(101)
        for start in [0, 1, 2, 7, 100] {
            var part = [Float](repeating: 0, count: 101 - start)
            part.withUnsafeMutableBufferPointer { random.fillNormal($0, from: UInt64(start)) }
            #expect(part == Array(whole[start...]))
        }
    }

    @Test func elementaryFunctionsAgreeWithTheLibrary() {
        var worst = 0.0
        for step in 1...5000 {
            let x = Double(step) * 0x1p-12
            let t = Double(step) / 5000
            let (sine, cosine) = PortableMath.sinCosTurns(t)
            worst = max(
                worst, abs(PortableMath.log(x) - log(x)) / max(1, abs(log(x))), abs(sine - sin(2 * Double.pi * t)),
                abs(cosine - cos(2 * Double.pi * t)))
        }
        #expect(worst < 2e-15)
        #expect(abs(PortableMath.log(0x1p-53) + 53 * log(2)) < 1e-13)
        #expect(PortableMath.log(1) == 0)
    }

    @Test func exponentialsAgreeWithTheLibrary() {
        var worst = 0.0
        for step in -7000...7000 {
            let x = Double(step) * 0.101
            worst = max(worst, abs(PortableMath.exp(x) - exp(x)) / exp(x))
        }
        #expect(worst < 1e-15)
        #expect(PortableMath.exp(0) == 1 && PortableMath.exp(-800) == 0 && PortableMath.exp(800) == .infinity)
        // The smallest numbers have few digits.
        #expect(abs(PortableMath.exp(-740) - exp(-740)) <= .leastNonzeroMagnitude)
    }

    /// Mean and variance are the shape; below 1 the logarithm is looked at, whose mean and variance are the digamma and trigamma functions.
    @Test(arguments: [1, 1.5, 4, 1000]) func gammasHaveTheirMoments(shape: Double) {
        let count = 50_000.0
        let values = (0..<50_000).map { exp(CounterRandom(seed: 21).logGamma(shape: shape, at: UInt64($0))) }
        let mean = values.reduce(0, +) / count
        let variance = values.reduce(0) { $0 + pow($1 - mean, 2) } / count
        #expect(abs(mean - shape) < 4.5 * (shape / count).squareRoot())
        // The fourth central moment is 3 a^2 + 6 a.
        #expect(abs(variance - shape) < 4.5 * ((2 * shape * shape + 6 * shape) / count).squareRoot())
    }

    @Test func gammasOfSmallShapesHaveTheirLogarithms() {
        // Digamma and trigamma at 0.01 and 0.5.
        for (shape, mean, variance) in [(0.01, -100.56088545786867, 10001.62121352958), (0.5, -1.9635100260214235, 4.934802200544679)] {
            let values = (0..<50_000).map { CounterRandom(seed: 22).logGamma(shape: shape, at: UInt64($0)) }
            let own = values.reduce(0, +) / 50_000
            #expect(abs(own - mean) < 4.5 * (variance / 50_000).squareRoot(), "shape \(shape)")
        }
        #expect(CounterRandom(seed: 1).logGamma(shape: 1e-9, at: 3).isFinite)
    }

    @Test func sharesOfADirichletDistribution() {
        let shapes = [0.5, 2, 1e-9, 5]
        let random = CounterRandom(seed: 23)
        let draws = (0..<20_000).map { random.dirichlet(shapes, at: UInt64($0)) }
        let sum = shapes.reduce(0, +)
        for (place, shape) in shapes.enumerated() {
            let mean = draws.reduce(0) { $0 + $1[place] } / 20_000
            let share = shape / sum
            #expect(abs(mean - share) < 4.5 * (share * (1 - share) / (sum + 1) / 20_000).squareRoot() + 1e-7)
        }
        #expect(draws.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-12 })
        // All of them tiny: one gets everything, each as often as the others.
        let single = (0..<4000).map { random.dirichlet([1e-9, 1e-9], at: UInt64($0)) }
        #expect(single.allSatisfy { $0 == [0, 1] || $0 == [1, 0] })
        #expect(abs(single.count { $0[0] == 1 } - 2000) < 160)
        #expect(random.dirichlet(shapes, at: 7) == draws[7])
    }

    @Test func permutationsAreUniform() {
        let base = CounterRandom(seed: 13)
        var counts: [[Int]: Int] = [:]
        for trial in 0..<24_000 { counts[base.substream(UInt64(trial)).permutation(4), default: 0] += 1 }
        #expect(counts.count == 24)
        let chi = counts.values.reduce(0.0) { $0 + pow(Double($1) - 1000, 2) / 1000 }
        #expect(chi < 49.7, "chi-squared of 23 degrees, p = 0.001")
        #expect(base.permutation(1000).sorted() == Array(0..<1000))
        #expect(base.permutation(0).isEmpty && base.permutation(-3).isEmpty)
    }
}
