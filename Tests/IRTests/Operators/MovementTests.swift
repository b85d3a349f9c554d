import IR
import Testing

@Suite struct MovementTests {
    private let x = Tensor([1, 2, 3, 4, 5, 6], [2, 3])

    @Test func gather() throws {
        let picked = try evaluate(Gather(), [x, Tensor(integers: [1, 0, 1], [3])])
        #expect(picked.shape == [3, 3] && picked.floats == [4, 5, 6, 1, 2, 3, 4, 5, 6])
        let columns = try evaluate(Gather(axis: 1), [x, Tensor(integers: [2, 0], [1, 2], as: .i32)])
        #expect(columns.shape == [2, 1, 2] && columns.floats == [3, 1, 6, 4])
        for index in [2, -1] {
            #expect(throws: EvaluationError.self) { try evaluate(Gather(), [x, Tensor(integers: [index], [1])]) }
        }
        let type = try Gather().infer([TensorType(.f32, [9, 4]), TensorType(.i64, [.symbol("n"), 2])])
        #expect(type == [TensorType(.f32, [.symbol("n"), 2, 4])])
    }

    @Test func elements() throws {
        let indices = Tensor(integers: [2, 0, 1, 1], [2, 2])
        #expect(try evaluate(GatherElements(axis: 1), [x, indices]).floats == [3, 1, 5, 5])
        let rows = Tensor(integers: [1, 0, 1], [1, 3])
        #expect(try evaluate(GatherElements(axis: 0), [x, rows]).floats == [4, 2, 6])
        let updates = Tensor([10, 20, 30, 40], [2, 2])
        #expect(try evaluate(ScatterElements(axis: 1), [x, indices, updates]).floats == [20, 2, 10, 4, 40, 6])
        let outside = Tensor(integers: [3, 0, 1, 1], [2, 2])
        #expect(throws: EvaluationError.self) { try evaluate(ScatterElements(axis: 1), [x, outside, updates]) }
        #expect(throws: InferenceError.self) { try GatherElements(axis: 1).infer([x.type, TensorType(.i64, [3, 1])]) }
    }

    @Test func scatterRows() throws {
        let indices = Tensor(integers: [1, 1], [2])
        let updates = Tensor([10, 20, 30, 100, 200, 300], [2, 3])
        #expect(try evaluate(ScatterRows(), [x, indices, updates]).floats == [1, 2, 3, 100, 200, 300])
        #expect(try evaluate(ScatterRows(add: true), [x, indices, updates]).floats == [1, 2, 3, 114, 225, 336])
        let outside = Tensor(integers: [0, 2], [2])
        #expect(throws: EvaluationError.self) { try evaluate(ScatterRows(), [x, outside, updates]) }
    }

    @Test func updateSlice() throws {
        let op = UpdateSlice(axis: 1, offsets: [1, 0])
        let update = Tensor([50, 60], [1, 2])
        #expect(try evaluate(op, [x, update, Tensor(integers: [1], [1])]).floats == [1, 2, 3, 4, 50, 60])
        for position in [2, -1, Int.max, Int.min] {
            #expect(throws: EvaluationError.self) { try evaluate(op, [x, update, Tensor(integers: [position], [1])]) }
        }
        let types = [TensorType(.f32, [2, .symbol("m")]), TensorType(.f32, [1, .symbol("n")]), TensorType(.i64, [1])]
        #expect(try op.infer(types) == [types[0]])
        #expect(throws: InferenceError.self) { try op.infer([x.type, x.type, TensorType(.i64, [1])]) }
    }

    @Test func concatAndSplit() throws {
        let joined = try evaluate(Concat(axis: 1), [x, Tensor([7, 8], [2, 1])])
        #expect(joined.shape == [2, 4] && joined.floats == [1, 2, 3, 7, 4, 5, 6, 8])
        let parts = try Split(axis: 1, sizes: [1, 2]).evaluate([x], [:])
        #expect(parts.map(\.floats) == [[1, 4], [2, 3, 5, 6]])
        let n = Dim.symbol("n")
        #expect(try Concat(axis: 0).infer([TensorType(.f32, [n, 3]), TensorType(.f32, [2, 3])]) == [TensorType(.f32, [n + 2, 3])])
        #expect(try Split(axis: 0, sizes: [n, 2]).infer([TensorType(.f32, [n + 2])]).map(\.shape) == [[n], [2]])
        #expect(throws: InferenceError.self) { try Split(axis: 0, sizes: [n, 3]).infer([TensorType(.f32, [n + 2])]) }
        #expect(throws: InferenceError.self) { try Concat(axis: 0).infer([TensorType(.f32, [n, 3]), TensorType(.f32, [2, 4])]) }
        #expect(throws: EvaluationError.self) { try Split(axis: 1, sizes: [n, n]).evaluate([x], ["n": 1]) }
    }

    @Test func slice() throws {
        #expect(try evaluate(Slice(axis: 1, start: 1, end: 3), [x]).floats == [2, 3, 5, 6])
        #expect(try evaluate(Slice(axis: 1, start: 0, end: 3, step: 2), [x]).floats == [1, 3, 4, 6])
        #expect(try evaluate(Slice(axis: 1, start: 1, end: 3, step: .max), [x]).floats == [2, 5])
        let n = Dim.symbol("n")
        let type = TensorType(.f32, [n, 4])
        #expect(try Slice(axis: 0, start: 1, end: n).infer([type]) == [TensorType(.f32, [n - 1, 4])])
        #expect(try Slice(axis: 0, start: 0, end: n, step: 2).infer([type]).first?.shape.first == (n + 1).floorDivided(by: 2))
        #expect(throws: InferenceError.self) { try Slice(axis: 0, start: 0, end: n + 1).infer([type]) }
        #expect(throws: InferenceError.self) { try Slice(axis: 1, start: 3, end: 2).infer([type]) }
        #expect(throws: InferenceError.self) { try Slice(axis: 1, start: -1, end: 2).infer([type]) }
        #expect(throws: InferenceError.self) { try Slice(axis: 1, start: 0, end: 2, step: 0).infer([type]) }
        #expect(throws: EvaluationError.self) { try Slice(axis: 1, start: 0, end: n).evaluate([x], ["n": 9]) }
    }

    @Test func pad() throws {
        let row = Tensor([1, 2, 3], [3])
        #expect(try evaluate(Pad(before: [1], after: [2], value: 9), [row]).floats == [9, 1, 2, 3, 9, 9])
        #expect(try evaluate(Pad(before: [2], after: [2], mode: .reflect), [row]).floats == [3, 2, 1, 2, 3, 2, 1])
        #expect(try evaluate(Pad(before: [2], after: [1], mode: .edge), [row]).floats == [1, 1, 1, 2, 3, 3])
        #expect(throws: InferenceError.self) { try Pad(before: [3], after: [0], mode: .reflect).infer([row.type]) }
        #expect(throws: InferenceError.self) { try Pad(before: [-1], after: [0]).infer([row.type]) }
        let n = Dim.symbol("n")
        #expect(try Pad(before: [1], after: [2]).infer([TensorType(.f32, [n])]) == [TensorType(.f32, [n + 3])])
    }

    @Test func layout() throws {
        #expect(try evaluate(Transpose([1, 0]), [x]).floats == [1, 4, 2, 5, 3, 6])
        #expect(throws: InferenceError.self) { try Transpose([0, 0]).infer([x.type]) }
        let nibbles = Tensor(integers: [1, -2, 3, -4, 5, -6], [2, 3], as: .i4)
        #expect(try evaluate(Transpose([1, 0]), [nibbles]).integers == [1, -4, -2, 5, 3, -6])
        #expect(try evaluate(Expand([2, 2, 2]), [Tensor([1, 2], [2, 1])]).floats == [1, 1, 2, 2, 1, 1, 2, 2])
        #expect(throws: InferenceError.self) { try Expand([3]).infer([x.type]) }
        #expect(throws: InferenceError.self) { try Expand([2, 1]).infer([x.type]) }
        let channels = Tensor([1, 2, 3, 4], [1, 4, 1, 1])
        let shuffled = try evaluate(PixelShuffle(factor: 2), [channels])
        #expect(shuffled.shape == [1, 1, 2, 2] && shuffled.floats == [1, 2, 3, 4])
        let wide = Tensor([1, 2, 3, 4, 5, 6, 7, 8], [1, 4, 1, 2])
        #expect(try evaluate(PixelShuffle(factor: 2), [wide]).floats == [1, 3, 2, 4, 5, 7, 6, 8])
        #expect(try evaluate(PixelUnshuffle(factor: 2), [evaluate(PixelShuffle(factor: 2), [wide])]) == wide)
        #expect(throws: InferenceError.self) { try PixelShuffle(factor: .max).infer([wide.type]) }
    }

    @Test func sources() throws {
        #expect(try evaluate(Iota(size: 3, start: 5), []).integers == [5, 6, 7])
        #expect(try evaluate(Fill(shape: [2], value: 1.5, dtype: .f16), []).floats == [1.5, 1.5])
        #expect(throws: InferenceError.self) { try Iota(size: -1).infer([]) }
        #expect(throws: BindingError.self) { try Iota(size: .symbol("n") - 2).evaluate([], ["n": 1]) }
        #expect(throws: BindingError.self) { try Fill(shape: [Dim(1 << 50)], value: 0, dtype: .u8).evaluate([], [:]) }
    }
}
