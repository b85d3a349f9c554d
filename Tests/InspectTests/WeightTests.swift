import Foundation
import IR
import Inspect
import Passes
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

    /// Keys and texts of files may hold what steers terminals.
    @Test func keysAreWrittenOut() throws {
        var (module, graph) = (Module(name: "m\u{1B}[2J"), Graph(name: "f"))
        for (index, key) in ["k\u{1B}[31m", "l\u{9B}0m"].enumerated() {
            module.setConstant(Constant(key: key, Tensor([1, 2], [2])))
            let value = try graph.constant(key, TensorType(.f32, [2]))
            try graph.addOutput("y\(index)", value)
        }
        module.setFunction(graph)
        let values = try TensorValues(module, pattern: NamePattern("*")).text()
        #expect(values.contains("k\\u{1B}[31m") && values.contains("l\\u{9B}0m"), "\(values)")
        for isDetailed in [false, true] {
            let text = try WeightReport(module).text(isDetailed: isDetailed)
            #expect(text.contains("m\\u{1B}[2J") && text.contains("k\\u{1B}[31m"), "\(text)")
            #expect(!(text + values).unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{9B}" })
        }
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

    @Test func deviationAndPercentilesOfFewAreExact() throws {
        // Far from 0, where the mean square less the square of the mean would lose all digits.
        let values = (0...100).map { 1000 + Float($0) / 100 }
        let one = WeightStatistics(Constant(key: "w", Tensor(values.reversed(), [101])))
        let deviation = try #require(one.deviation)
        #expect(abs(deviation - 850.0.squareRoot() / 100) < 1e-5)
        let list = try #require(one.percentiles).list.map(\.value)
        for (found, place) in zip(list, [1, 5, 25, 50, 75, 95, 99]) { #expect(abs(found - Double(values[place])) < 1e-9) }
        let between = try #require(WeightStatistics(Constant(key: "w", Tensor([1, 2, .nan], [3]))).percentiles)
        #expect(between.p50 == 1.5 && abs(between.p1 - 1.01) < 1e-9)
        #expect(WeightStatistics(Constant(key: "w", Tensor([.nan], [1]))).percentiles == nil)
    }

    /// In single precision all of these would be one number.
    @Test func timesKeepTheirDigits() throws {
        for count in [51, 100_000] {
            let times = (0..<count).map { 1_764_560_000 + Double($0 % 51) }
            for tensor in [Tensor(times, [count], as: .f64), Tensor(integers: times.map { Int($0) }, [count])] {
                let one = WeightStatistics(Constant(key: "t", tensor))
                #expect(one.low == 1_764_560_000 && one.high == 1_764_560_050)
                let mean = try #require(one.mean)
                #expect(abs(mean - times.reduce(0, +) / Double(count)) < 1e-5)
                let deviation = try #require(one.deviation)
                #expect(abs(deviation - (650.0 / 3).squareRoot()) < 0.01)
                #expect(one.percentiles?.p50 == 1_764_560_025 && one.percentiles?.p99 == 1_764_560_050 - (count == 51 ? 0.5 : 0))
                #expect(one.histogram.reduce(0, +) == count && one.histogram.last ?? 0 > 0)
            }
        }
        #expect(WeightStatistics(Constant(key: "n", Tensor(integers: [16_777_217, 0], [2]))).high == 16_777_217)
        #expect(WeightStatistics(Constant(key: "n", Tensor(integers: [16_777_217, 0], [2, 1], as: .i32))).high == 16_777_217)
    }

    @Test func veryLargeAndVerySmallNumbersHaveTheirSquares() throws {
        for size in [1e300, 1e-300, Double.greatestFiniteMagnitude] {
            let one = WeightStatistics(Constant(key: "w", Tensor([size, -size, size, -size], [2, 2], as: .f64)))
            #expect(one.high == size && one.low == -size && one.mean == 0 && one.zeros == 0)
            for found in [try #require(one.rootMeanSquare), try #require(one.deviation)] { #expect(abs(found / size - 1) < 1e-9) }
            #expect(one.histogram.first == 2 && one.percentiles?.p99 == size)
        }
        let mixed = WeightStatistics(Constant(key: "w", Tensor([3e200, 4, 0, 1e-250], [4], as: .f64)))
        let root = try #require(mixed.rootMeanSquare)
        #expect(mixed.zeros == 1 && abs(root / 1.5e200 - 1) < 1e-9)
    }

    @Test func wideRowsAreRoundedAsOthers() throws {
        let values = (0..<64).map { Double($0 * 37 % 64) / 8 - 3 }
        let single = try #require(WeightStatistics(Constant(key: "w", Tensor(values.map { Float($0) }, [4, 16]))).int8)
        let double = try #require(WeightStatistics(Constant(key: "w", Tensor(values, [4, 16], as: .f64))).int8)
        #expect(abs(single - double) < 0.01)
    }

    /// Rows are whole only where they are rounded: others may be all of a large file.
    @Test func integersAreReadInPieces() {
        let bytes = Tensor(integers: [Int](repeating: 3, count: 100_000), [1, 100_000], as: .i8)
        let one = WeightStatistics(Constant(key: "w", bytes), sampling: 8192)
        #expect(one.isSampled && one.sampledCount == 8192 && one.int8 == nil && one.mean == 3)
    }

    /// As NumPy's: half of the numbers are 1, half are 3, so that the middle lies between.
    @Test func percentilesLieBetweenBins() {
        for type in [DType.f32, .bf16, .i64] {
            let values = (0..<100_000).map { Double($0 % 2 * 2 + 1) }
            #expect(WeightStatistics(Constant(key: "w", Tensor(values, [values.count], as: type))).percentiles?.p50 == 2, "\(type)")
        }
        // 0.99 · 99,999 = 98,999.01, and number 98,999 is the last zero.
        let few = (0..<100_000).map { Float($0 < 99_000 ? 0 : 100) }
        let found = WeightStatistics(Constant(key: "w", Tensor(few, [few.count]))).percentiles?.p99 ?? 0
        #expect(abs(found - 1) < 1e-6)
    }

    @Test func percentilesOfManyAreNear() throws {
        let count = 200_000
        var values = (0..<count).map { Float($0) / Float(count) * 3 - 1 }
        for index in 0..<count { values.swapAt(index, (index &* 7919 + 13) % count) }
        let one = WeightStatistics(Constant(key: "w", Tensor(values, [400, 500])))
        let list = try #require(one.percentiles).list.map(\.value)
        for (found, share) in zip(list, [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]) {
            let exact = share * 3 - 1
            #expect(abs(found - exact) <= abs(exact) / 128 + 1e-4, "\(share)")
        }
        // Of types with few digits nothing is lost.
        let coarse = WeightStatistics(Constant(key: "w", Tensor(values.map(Double.init), [400, 500], as: .bf16)))
        let middle = try #require(coarse.percentiles).p50
        #expect(middle == Tensor([middle], [1], as: .bf16).doubles[0])
        let mostlyZero = (0..<count).map { $0 % 3 == 0 ? Float($0 % 7) - 3 : 0 }
        #expect(WeightStatistics(Constant(key: "w", Tensor(mostlyZero, [count]))).percentiles?.p50 == 0)
    }

    @Test func groupsOfFourAreCountedAlongAnAxis() throws {
        let values: [Float] = [1, 0, 0, 2, 0, 3, 4, 5, 9, 9, 0, 0, 6, 7, 0, 0, 8, 9]
        let tensor = Tensor(values, [2, 9])
        let last = try #require(WeightStatistics(Constant(key: "w", tensor), axis: 1).sparsity)
        #expect(last == SparseGroups(axis: 1, groups: 4, sparse: 3))
        let columns = Tensor([1, 0, 0, 1, 1, 2, 0, 3, 1, 0], [5, 2])
        let first = try #require(WeightStatistics(Constant(key: "w", columns), axis: 0).sparsity)
        #expect(first.axis == 0 && first.groups == 2 && first.sparse == 1)
        let complete = try #require(WeightStatistics(Constant(key: "w", Tensor([0, 1, 0, 2, 3, 0, 0, 4], [1, 8])), axis: 1).sparsity)
        #expect(complete.isComplete && complete.share == 1)
        let dense = try #require(WeightStatistics(Constant(key: "w", Tensor([1, 2, 3, 4], [1, 4])), axis: 1).sparsity)
        #expect(dense.groups == 1 && dense.sparse == 0)
        #expect(WeightStatistics(Constant(key: "w", Tensor([0, 0, 0], [1, 3])), axis: 1).sparsity == nil)
        #expect(WeightStatistics(Constant(key: "w", Tensor([0, 0, 0, 0], [1, 4]))).sparsity == nil)
    }

    @Test func axesAreThoseOfProducts() throws {
        let module = try Module(
            parsing: """
                module @m stage(imported) {
                  const @a : f32[2, 4] = [0.0, 1.0, 0.0, 2.0, 3.0, 4.0, 5.0, 6.0]
                  const @b : f32[4, 2] = [0.0, 1.0, 0.0, 2.0, 3.0, 0.0, 5.0, 0.0]
                  const @c : f32[4, 2] = [0.0, 1.0, 0.0, 2.0, 3.0, 0.0, 5.0, 0.0]
                  const @d : f32[2] = [0.0, 1.0]
                  func @f(%x: f32[n, 4]) -> (y: f32[n, 2]) {
                    %0 = linear(%x, @a, @d) : f32[n, 2]
                    %1 = matmul(%x, @b) : f32[n, 2]
                    %2 = transpose(@c) {permutation: [1, 0]} : f32[2, 4]
                    %3 = linear(%x, %2) : f32[n, 2]
                    %4 = add(%0, %1) : f32[n, 2]
                    %5 = add(%4, %3) : f32[n, 2]
                    return %5
                  }
                }

                """)
        let report = try WeightReport(module)
        let found = Dictionary(uniqueKeysWithValues: report.tensors.map { ($0.key, $0.sparsity) })
        #expect(found["a"] == SparseGroups(axis: 1, groups: 2, sparse: 1))
        #expect(found["b"] == SparseGroups(axis: 0, groups: 2, sparse: 2))
        #expect(found["c"] == SparseGroups(axis: 0, groups: 2, sparse: 2))
        #expect(found["d"] == .some(nil))
        #expect(report.text().contains("2:4") && report.text().contains("all"))
        let details = report.text(isDetailed: true)
        #expect(details.contains("percentiles") && details.contains("yes, all of 2 groups of four along axis 0"))
    }
}
