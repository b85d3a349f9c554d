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
