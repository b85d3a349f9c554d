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

    /// By the words of `QuantizeLinear.Range.half`.
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
