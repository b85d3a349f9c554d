import IR
import Testing

@Suite struct ReductionTests {
    private let x = Tensor([1, 5, 3, -4, 2, 6], [2, 3])

    @Test func values() throws {
        #expect(try evaluate(Reduce<ReduceSum>(axes: [1]), [x]).floats == [9, 4])
        #expect(try evaluate(Reduce<ReduceSum>(axes: [0]), [x]).floats == [-3, 7, 9])
        let kept = try evaluate(Reduce<ReduceMean>(axes: [-1], keepDims: true), [x])
        #expect(kept.shape == [2, 1] && near(kept, [3, 4.0 / 3]))
        #expect(try evaluate(Reduce<ReduceMax>(axes: [0, 1]), [x]).floats == [6])
        #expect(try evaluate(Reduce<ReduceMin>(axes: [1]), [x]).floats == [1, -4])
        #expect(try evaluate(Reduce<ReduceProd>(axes: [1]), [x]).floats == [15, -48])
        #expect(try evaluate(Reduce<ReduceMax>(axes: []), [x]) == x)
        let flags = Tensor(bools: [true, false, false, false], [2, 2])
        #expect(try evaluate(Reduce<ReduceAny>(axes: [1]), [flags]).bools == [true, false])
        #expect(try evaluate(Reduce<ReduceAll>(axes: [0]), [flags]).bools == [false, false])
        #expect(try evaluate(Reduce<ReduceMax>(axes: [0]), [Tensor([1, .nan, 2], [3])]).floats[0].isNaN)
    }

    @Test func nothing() throws {
        let empty = Tensor(zeros: .f32, [2, 0])
        #expect(try evaluate(Reduce<ReduceSum>(axes: [1]), [empty]).floats == [0, 0])
        #expect(try evaluate(Reduce<ReduceProd>(axes: [1]), [empty]).floats == [1, 1])
        #expect(try evaluate(Reduce<ReduceMax>(axes: [1]), [empty]).floats == [-.infinity, -.infinity])
        #expect(try evaluate(Reduce<ReduceMean>(axes: [1]), [empty]).floats.allSatisfy(\.isNaN))
        #expect(try evaluate(Reduce<ReduceMin>(axes: [0]), [Tensor(zeros: .i8, [0])]).integers == [127])
        #expect(try evaluate(Reduce<ReduceAll>(axes: [0]), [Tensor(zeros: .bool, [0])]).bools == [true])
        #expect(throws: InferenceError.self) { try ArgReduce<ArgMax>(axis: 1).infer([empty.type]) }
        #expect(throws: EvaluationError.self) { try ArgReduce<ArgMax>(axis: 1).evaluate([empty], [:]) }
    }

    @Test func inference() throws {
        let n = Dim.symbol("n")
        #expect(try Reduce<ReduceSum>(axes: [1]).infer([TensorType(.i64, [n, 3])]) == [TensorType(.i64, [n])])
        #expect(throws: InferenceError.self) { try Reduce<ReduceMean>(axes: [0]).infer([TensorType(.i64, [n])]) }
        #expect(throws: InferenceError.self) { try Reduce<ReduceSum>(axes: [0, -1]).infer([TensorType(.f32, [n])]) }
        #expect(throws: InferenceError.self) { try Reduce<ReduceAny>(axes: [0]).infer([TensorType(.f32, [n])]) }
        #expect(try ArgReduce<ArgMax>(axis: -1, keepDims: true).infer([TensorType(.f32, [n, 3])]) == [TensorType(.i64, [n, 1])])
    }

    @Test func searches() throws {
        let ties = Tensor([3, 7, 7, 1, 1, 7], [2, 3])
        #expect(try evaluate(ArgReduce<ArgMax>(axis: 1), [ties]).integers == [1, 2])
        #expect(try evaluate(ArgReduce<ArgMin>(axis: 1), [ties]).integers == [0, 0])
        #expect(try evaluate(ArgReduce<ArgMax>(axis: 0), [ties]).integers == [0, 0, 0])
        #expect(try evaluate(ArgReduce<ArgMax>(axis: 0), [Tensor([1, .nan, 9, .nan], [4])]).integers == [1])
        let top = try TopK(k: 2).evaluate([ties], [:])
        #expect(top[0].floats == [7, 7, 7, 1] && top[1].integers == [1, 2, 2, 0])
        let first = try TopK(k: 1, axis: 0).evaluate([ties], [:])
        #expect(first[0].floats == [3, 7, 7] && first[1].integers == [0, 0, 0])
        #expect(throws: InferenceError.self) { try TopK(k: 4).infer([ties.type]) }
        #expect(throws: InferenceError.self) { try TopK(k: -1).infer([ties.type]) }
    }

    @Test func runningSums() throws {
        let row = Tensor(integers: [1, 2, 3], [3])
        #expect(try evaluate(CumSum(axis: 0), [row]).integers == [1, 3, 6])
        #expect(try evaluate(CumSum(axis: 0, exclusive: true), [row]).integers == [0, 1, 3])
        #expect(try evaluate(CumSum(axis: 0, reverse: true), [row]).integers == [6, 5, 3])
        #expect(try evaluate(CumSum(axis: 0, exclusive: true, reverse: true), [row]).integers == [5, 3, 0])
        #expect(try evaluate(CumSum(axis: 0), [x]).floats == [1, 5, 3, -3, 7, 9])
    }
}
