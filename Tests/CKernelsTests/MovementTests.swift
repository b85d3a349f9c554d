import CKernels
import TestSupport
import Testing

@Suite struct MovementTests {
    /// Random permutations, repeated and reversed dimensions, gaps on either side, all element sizes.
    @Test func stridedCopies() async {
        await #expect(processExitsWith: .success) {
            for seed in 0..<200 { try MovementTests.checkCopy(seed) }
        }
    }

    private static func checkCopy(_ seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let rank = Int.random(in: 1...5, using: &random)
        let shape = (0..<rank).map { _ in Int.random(in: 1...(rank > 3 ? 7 : 40), using: &random) }
        func strides(_ order: [Int], gap: Int) -> (strides: [Int], extent: Int) {
            var (strides, extent) = ([Int](repeating: 0, count: rank), 1)
            for axis in order.reversed() {
                strides[axis] = extent
                extent *= shape[axis] + gap
            }
            return (strides, extent)
        }
        var (from, sourceExtent) = strides(Array(0..<rank).shuffled(using: &random), gap: seed % 3 == 0 ? 1 : 0)
        let (to, extent) = strides(Array(0..<rank), gap: seed % 4 == 1 ? 2 : 0)
        if seed % 5 == 0 { from[0] = 0 }
        var start = 0
        if seed % 7 == 0 {
            start = from[rank - 1] * (shape[rank - 1] - 1)
            from[rank - 1] = -from[rank - 1]
        }
        let width = 1 << (seed % 4)
        let source = (0..<(sourceExtent * width)).map { _ in UInt8.random(in: 0...255, using: &random) }
        let empty = [UInt8](repeating: 9, count: extent * width)
        var expected = empty
        for number in 0..<shape.reduce(1, *) {
            var (rest, i, j) = (number, start, 0)
            for axis in shape.indices.reversed() {
                i += rest % shape[axis] * from[axis]
                j += rest % shape[axis] * to[axis]
                rest /= shape[axis]
            }
            for byte in 0..<width { expected[j * width + byte] = source[i * width + byte] }
        }
        let results = try Sweep(name: "copy \(seed)", exact: true).run(empty.count, UInt8.self, initially: empty) { target in
            source.withUnsafeBytes { source in
                tk_copy_strided(width, Int32(rank), shape, source.baseAddress.map { $0 + start * width }, from, target, to)
            }
        }
        #expect(results.allSatisfy { $0 == expected }, "copy \(seed): \(shape) by \(from) to \(to), \(width) bytes")
    }

    @Test func fillsAndChoices() {
        var (value, filled): (Int16, [Int16]) = (-7, [Int16](repeating: 0, count: 100))
        #expect(tk_fill(2, &value, &filled, 99) == TK_OK && filled == [Int16](repeating: -7, count: 99) + [0])
        let (condition, a, b): ([UInt8], [Int64], [Int64]) = ([1, 0, 2, 0, 0, 1], [1, 2, 3], [9])
        var chosen = [Int64](repeating: 0, count: 6)
        #expect(tk_where(8, 2, [2, 3], condition, [3, 1], a, [0, 1], b, [0, 0], &chosen) == TK_OK)
        #expect(chosen == [1, 9, 3, 9, 9, 3])
    }

    @Test func gathers() {
        let x = (0..<30).map { Float($0) }
        var y = [Float](repeating: -1, count: 24)
        #expect(tk_gather(x, 2, 5, 12, TK_U16, [4, 0, 2, 2] as [UInt16], 4, &y, nil) == TK_OK)
        #expect(y == [12, 13, 14, 0, 1, 2, 6, 7, 8, 6, 7, 8, 27, 28, 29, 15, 16, 17, 21, 22, 23, 21, 22, 23])
        var picked = [Float](repeating: -1, count: 6)
        let index: [Int64] = [0, 1, 2, 4, 3, 2]
        #expect(tk_gather_elements(x, TK_I64, index, &picked, 1, 5, 2, 3, 4, nil) == TK_OK && picked == [0, 4, 8, 12, 10, 8])
    }

    @Test func scatters() {
        var rows = [Float](repeating: 0, count: 15)
        let (updates, twice): ([Float], [UInt16]) = ([1, 2, 3, 4, 5, 6], [3, 3])
        #expect(tk_scatter_rows(updates, TK_U16, twice, 2, 12, &rows, 5, nil) == TK_OK && Array(rows[9..<12]) == [4, 5, 6])
        #expect(tk_scatter_add_rows(TK_F32, updates, TK_U16, twice, 2, 3, &rows, 5, nil) == TK_OK && Array(rows[9..<12]) == [9, 12, 15])
        let index: [Int64] = [0, 1, 2, 4, 3, 2]
        var elements = [Float](repeating: 0, count: 15)
        #expect(tk_scatter_elements(updates, TK_I64, index, &elements, 1, 5, 2, 3, 4, nil) == TK_OK)
        #expect(elements == [1, 0, 0, 0, 2, 0, 0, 0, 6, 0, 5, 0, 4, 0, 0])
    }

    /// Bad indices are found before anything is written.
    @Test func badIndicesAreReported() {
        let x = [Float](repeating: 1, count: 15)
        var (y, bad) = ([Float](repeating: -1, count: 15), -1)
        #expect(tk_gather(x, 1, 5, 12, TK_I64, [0, 1, 5] as [Int64], 3, &y, &bad) == TK_INDEX_OUT_OF_RANGE && bad == 2)
        #expect(tk_gather(x, 1, 5, 12, TK_I32, [-1, 0] as [Int32], 2, &y, &bad) == TK_INDEX_OUT_OF_RANGE && bad == 0)
        #expect(tk_gather_elements(x, TK_I64, [0, 1, 9] as [Int64], &y, 1, 5, 1, 3, 4, &bad) == TK_INDEX_OUT_OF_RANGE && bad == 2)
        #expect(tk_scatter_elements(x, TK_I64, [0, -9, 1] as [Int64], &y, 1, 5, 1, 3, 4, &bad) == TK_INDEX_OUT_OF_RANGE && bad == 1)
        #expect(tk_scatter_rows(x, TK_U8, [4, 5] as [UInt8], 2, 12, &y, 5, &bad) == TK_INDEX_OUT_OF_RANGE && bad == 1)
        #expect(tk_scatter_add_rows(TK_F32, x, TK_U8, [5] as [UInt8], 1, 3, &y, 5, &bad) == TK_INDEX_OUT_OF_RANGE && bad == 0)
        #expect(y.allSatisfy { $0 == -1 })
    }

    @Test func unknownTypesAreRefused() {
        var y = [Float](repeating: -1, count: 4)
        let x = [Float](repeating: 1, count: 4)
        #expect(tk_binary(TK_BOOL, TK_BINARY_ADD, 1, [4], x, [1], x, [1], &y) == TK_UNSUPPORTED)
        #expect(tk_reduce(TK_BOOL, TK_REDUCE_SUM, x, &y, 1, 4, 1) == TK_UNSUPPORTED)
        #expect(tk_binary(TK_F64, TK_BINARY_AND, 1, [4], x, [1], x, [1], &y) == TK_UNSUPPORTED)
        #expect(tk_unary(TK_I32, TK_UNARY_NEG, x, &y, 4) == TK_UNSUPPORTED)
        #expect(tk_cumsum(TK_BOOL, x, &y, 1, 4, 1, 0, 0) == TK_UNSUPPORTED)
        #expect(tk_copy_strided(3, 1, [4], x, [1], &y, [1]) == TK_UNSUPPORTED)
        #expect(
            tk_copy_strided(4, 9, [Int](repeating: 1, count: 9), x, [Int](repeating: 1, count: 9), &y, [Int](repeating: 1, count: 9))
                == TK_UNSUPPORTED)
        #expect(y.allSatisfy { $0 == -1 })
    }
}
