import IR
import Testing

@testable import Passes

/// Integers of half range: what their products need, and what they cost.
@Suite struct QuantizedRowsTests {
    @Test(arguments: [8, 30, 257])
    func halfRangeIsKept(columns: Int) throws {
        for values in [uniform(columns), longTailed(columns), constant(columns), halves(columns)] {
            let rows = try #require(QuantizedRows(Constant(key: "w", Tensor(values, [4, columns])), .half))
            for row in 0..<4 {
                let integers = Array(rows.integers.integers[(row * columns)..<((row + 1) * columns)])
                #expect(integers.allSatisfy { abs($0) <= 64 })
                #expect(largestSum(integers) <= 128)
                for column in 0..<columns {
                    let error = abs(values[row * columns + column] - Float(integers[column]) * rows.scales.floats[row])
                    #expect(error <= rows.scales.floats[row] * 0.5001)
                }
            }
        }
    }

    @Test func rowsWhoseLargeWeightsStandApartUseAllIntegers() throws {
        let rows = try #require(QuantizedRows(Constant(key: "w", Tensor(longTailed(64), [4, 64])), .half))
        for row in 0..<4 { #expect(rows.integers.integers[(row * 64)..<((row + 1) * 64)].map(abs).max() == 64) }
    }

    @Test func fullRangeReaches127() throws {
        let rows = try #require(QuantizedRows(Constant(key: "w", Tensor(constant(16), [4, 16])), .full))
        #expect(rows.integers.integers.allSatisfy { abs($0) == 127 })
    }

    /// More rows than one thread takes at once, against a loop over single weights.
    @Test(arguments: [WeightRange.full, .half])
    func manyRowsAreThoseOfALoop(range: WeightRange) throws {
        let (count, columns) = (3000, 257)
        let values = (0..<count * columns).map { Float(($0 * 7919) % 2003) / 1001 - 1 + Float($0 / columns) * 0.001 }
        let rows = try #require(QuantizedRows(Constant(key: "w", Tensor(values, [count, columns])), range))
        let (integers, scales) = (rows.integers.integers, rows.scales.floats)
        var wrong = 0
        for row in 0..<count {
            let own = values[(row * columns)..<((row + 1) * columns)].map { Int(($0 * (1 / scales[row])).rounded(.toNearestOrEven)) }
            if own != Array(integers[(row * columns)..<((row + 1) * columns)]) { wrong += 1 }
            if range == .full, scales[row] != (values[(row * columns)..<((row + 1) * columns)].map(abs).max() ?? 0) / 127 { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    @Test(arguments: [WeightRange.full, .half])
    func rowsWithoutAnOrdinaryScale(range: WeightRange) throws {
        func row(_ value: Float) throws -> (scale: Float, integers: [Int]) {
            let values = [Float](repeating: 1, count: 12) + [Float](repeating: value, count: 12)
            let rows = try #require(QuantizedRows(Constant(key: "w", Tensor(values, [2, 12])), range))
            #expect(rows.scales.floats[0].isFinite)
            return (rows.scales.floats[1], Array(rows.integers.integers[12...]))
        }
        for value in [Float.nan, .infinity, -.infinity] {
            let (scale, integers) = try row(value)
            #expect(scale.isNaN && integers.allSatisfy { $0 == 0 })
        }
        for value in [Float(0), 1e-38, -1e-38, .leastNonzeroMagnitude] {
            let (scale, integers) = try row(value)
            #expect(scale == 1 && integers.allSatisfy { $0 == 0 }, "\(value)")
        }
        let (scale, integers) = try row(-.greatestFiniteMagnitude)
        #expect(scale.isFinite && integers.allSatisfy { range == .full ? $0 == -127 : [-31, -32].contains($0) }, "\(scale), \(integers)")
    }

    @Test func noRowsOrColumnsAreNoTrouble() throws {
        for shape in [[0, 8], [3, 0]] {
            let rows = try #require(QuantizedRows(Constant(key: "w", Tensor([], shape)), .half))
            #expect(rows.integers.shape == shape && rows.scales.floats == [Float](repeating: 1, count: shape[0]))
        }
    }

    /// By the words of `WeightRange.half`.
    private func largestSum(_ row: [Int]) -> Int {
        var largest = 0
        for start in stride(from: 0, to: row.count, by: 8) {
            for meeting in [[0, 1, 4, 5], [2, 3, 6, 7]] {
                let weights = meeting.map { start + $0 < row.count ? row[start + $0] : 0 }
                largest = max(largest, weights.filter { $0 > 0 }.reduce(0, +), -weights.filter { $0 < 0 }.reduce(0, +))
            }
        }
        return largest
    }

    private func uniform(_ columns: Int) -> [Float] {
        var state: UInt32 = 7
        return (0..<4 * columns).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return Float(state >> 8) / 0x1p23 - 1
        }
    }

    /// Small weights and one large one a row.
    private func longTailed(_ columns: Int) -> [Float] {
        uniform(columns).enumerated().map { index, value in index % columns == 5 ? 3 : value * 0.5 }
    }

    private func constant(_ columns: Int) -> [Float] { (0..<4 * columns).map { $0 / columns % 2 == 0 ? 0.7 : -0.7 } }

    /// Sums that rounding would push over the limit: four weights that end in half an integer.
    private func halves(_ columns: Int) -> [Float] { (0..<4 * columns).map { $0 % columns == 2 ? 64 : $0 % 8 < 6 ? 31.5 : 0.5 } }
}
