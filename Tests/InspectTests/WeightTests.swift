import Foundation
import IR
import Inspect
import Testing

@Suite struct WeightTests {
    @Test func sumsOfKnownNumbers() throws {
        let one = WeightStatistics(Constant(key: "w", Tensor([-1, 0, 0, 3], [2, 2])))
        #expect(one.key == "w")
        #expect(one.count == 4)
        #expect(one.bytes == 16)
        #expect(one.sampledCount == 4)
        #expect(!one.isSampled)
        #expect(one.low == -1)
        #expect(one.high == 3)
        #expect(one.mean == 0.5)
        #expect(one.zeros == 2)
        #expect(one.nonFinite == 0)
        let root = try #require(one.rootMeanSquare)
        #expect(abs(root - 2.5.squareRoot()) < 1e-9)
        #expect(one.histogram.reduce(0, +) == 4)
        #expect(one.histogram.count == WeightStatistics.bins)
        #expect(one.histogram.first == 1)
        #expect(one.histogram[8] == 2)
        #expect(one.histogram.last == 1)
    }

    @Test func strangeNumbersAreCountedAndLeftOut() {
        // Behind eight others, as vectors are looked at together.
        let values = [Float](repeating: 1, count: 8) + [.nan, .infinity, -.infinity, 1]
        let one = WeightStatistics(Constant(key: "w", Tensor(values, [1, 12])))
        #expect(one.nans == 1)
        #expect(one.infinities == 2)
        #expect(one.low == 1)
        #expect(one.high == 1)
        #expect(one.int8 == nil)
        #expect(one.histogram.reduce(0, +) == 9)
    }

    @Test func outliersLieFarFromZero() {
        var values = [Float](repeating: 0.01, count: 4096)
        values[77] = 5
        #expect(WeightStatistics(Constant(key: "w", Tensor(values, [64, 64]))).outliers == 1)
    }

    @Test func roundingIsToldInDecibels() throws {
        // Steps of 1: 127 is the largest and all are whole, so nothing is lost; halves lose what half a step is.
        let whole = WeightStatistics(Constant(key: "w", Tensor([127, 1, -5, 64], [1, 4])))
        #expect(whole.int8 == .infinity)
        let halves = WeightStatistics(Constant(key: "w", Tensor([127, 0.5, 2.5, -0.5], [1, 4])))
        let signal = 127.0 * 127 + 0.25 + 6.25 + 0.25
        let decibels = try #require(halves.int8)
        #expect(abs(decibels - 10 * log10(signal / 0.75)) < 1e-6)
        #expect(WeightStatistics(Constant(key: "w", Tensor([1, 2], [2]))).int8 == nil)
        #expect(WeightStatistics(Constant(key: "w", Tensor(integers: [1, 2], [1, 2], as: .i8))).int8 == nil)
    }

    @Test func samplesAreSpreadOverTheTensor() {
        let values = (0..<1000).map { Float($0 / 10) }
        let one = WeightStatistics(Constant(key: "w", Tensor(values, [100, 10])), sampling: 200)
        #expect(one.isSampled)
        #expect(one.sampledCount == 200)
        #expect(one.low == 0)
        #expect(one.high == 95)
        #expect(!WeightStatistics(Constant(key: "w", Tensor(values, [100, 10])), sampling: 1000).isSampled)
    }

    @Test func narrowTypesAreDecoded() {
        let one = WeightStatistics(Constant(key: "w", Tensor(codes: [0, 7, 8, 15], [4], as: .i4)))
        #expect(one.low == -8)
        #expect(one.high == 7)
        #expect(one.zeros == 1)
        let half = WeightStatistics(Constant(key: "w", Tensor([0.5, -2], [2], as: .bf16)))
        #expect(half.low == -2)
        #expect(half.high == 0.5)
    }

    @Test func constantsWithoutNumbersHaveNone() {
        let one = WeightStatistics(Constant(key: "w", type: TensorType(.f32, [4]), bytes: nil))
        #expect(one.count == 4)
        #expect(one.sampledCount == 0)
        #expect(one.low == nil)
        #expect(one.histogram.isEmpty)
    }
}
