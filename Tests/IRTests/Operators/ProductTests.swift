import IR
import Testing

@Suite struct ProductTests {
    private func ramp(_ shape: [Int], from start: Float = 1) -> Tensor {
        Tensor((0..<shape.reduce(1, *)).map { start + Float($0) }, shape)
    }

    @Test func matMul() throws {
        let (a, b) = (ramp([2, 3]), ramp([3, 2]))
        #expect(try evaluate(MatMul(), [a, b]).floats == [22, 28, 49, 64])
        #expect(try evaluate(MatMul(transposeB: true), [a, ramp([2, 3])]).floats == [14, 32, 32, 77])
        #expect(try evaluate(MatMul(transposeA: true), [a, ramp([2, 1])]).floats == [9, 12, 15])
        let batch = try evaluate(MatMul(), [ramp([2, 1, 1, 2]), ramp([3, 2, 1])])
        #expect(batch.shape == [2, 3, 1, 1] && batch.floats == [5, 11, 17, 11, 25, 39])
        #expect(try evaluate(MatMul(), [Tensor(zeros: .f32, [2, 0]), Tensor(zeros: .f32, [0, 2])]).floats == [0, 0, 0, 0])
        #expect(throws: InferenceError.self) { try MatMul().infer([a.type, a.type]) }
        let (n, d) = (Dim.symbol("n"), Dim.symbol("d"))
        let types = [TensorType(.f32, [n, 4, d]), TensorType(.f32, [d, n])]
        #expect(try MatMul().infer(types) == [TensorType(.f32, [n, 4, n])])
    }

    @Test func linear() throws {
        let x = ramp([2, 2])
        let (weight, bias) = (Tensor([1, 0, 0, 1, 1, 1], [3, 2]), Tensor([10, 20, 30], [3]))
        #expect(try evaluate(Linear(), [x, weight]).floats == [1, 2, 3, 3, 4, 7])
        #expect(try evaluate(Linear(), [x, weight, bias]).floats == [11, 22, 33, 13, 24, 37])
    }

    @Test func convolution() throws {
        let x = ramp([1, 1, 3, 3])
        let ones = Tensor([1, 1, 1, 1], [1, 1, 2, 2])
        #expect(try evaluate(Conv(), [x, ones]).floats == [12, 16, 24, 28])
        #expect(try evaluate(Conv(), [x, ones, Tensor([100], [1])]).floats == [112, 116, 124, 128])
        // Row above only: the last output row sees rows 2 and 3.
        let above = try evaluate(Conv(padding: [1, 0, 0, 0]), [x, ones])
        #expect(above.shape == [1, 1, 3, 2] && above.floats == [3, 5, 12, 16, 24, 28])
        let right = try evaluate(Conv(padding: [0, 0, 0, 2]), [x, ones])
        #expect(right.shape == [1, 1, 2, 4] && right.floats == [12, 16, 9, 0, 24, 28, 15, 0])
        #expect(try evaluate(Conv(dilation: [2, 2]), [x, ones]).floats == [20])
        #expect(try evaluate(Conv(stride: [2, 1], padding: [0, 0, 1, 0]), [x, ones]).floats == [12, 16, 15, 17])
        // Not flipped: correlation.
        #expect(try evaluate(Conv(), [x, Tensor([1, 0, 0, 0], [1, 1, 2, 2])]).floats == [1, 2, 4, 5])
    }

    @Test func groupedConvolution() throws {
        let x = ramp([1, 4, 1, 1])
        let weight = Tensor([1, 10, 2, 20, 3, 30, 4, 40], [4, 2, 1, 1])
        #expect(try evaluate(Conv(groups: 2), [x, weight]).floats == [21, 42, 129, 172])
        let depthwise = try evaluate(Conv(groups: 4), [x, Tensor([1, 2, 3, 4], [4, 1, 1, 1])])
        #expect(depthwise.floats == [1, 4, 9, 16])
    }

    @Test func convolutionInference() throws {
        let (n, h, w) = (Dim.symbol("n"), Dim.symbol("h"), Dim.symbol("w"))
        let weight = TensorType(.f32, [8, 3, 16, 16])
        let patches = try Conv(stride: [16, 16]).infer([TensorType(.f32, [n, 3, 16 * h, 16 * w]), weight])
        #expect(patches == [TensorType(.f32, [n, 8, h, w])])
        let half = Conv(stride: [2, 2], padding: [1, 1, 1, 1])
        let result = try half.infer([TensorType(.f32, [1, 3, h, 7]), TensorType(.f32, [4, 3, 3, 3])])
        #expect(result == [TensorType(.f32, [1, 4, (h - 1).floorDivided(by: 2) + 1, 4])])
        let x = TensorType(.f32, [1, 3, 4, 4])
        for op in [
            Conv(stride: [0, 1]), Conv(stride: [1]), Conv(padding: [-1, 0, 0, 0]), Conv(dilation: [5, 1]), Conv(groups: 2),
            Conv(groups: 0), Conv(groups: .min), Conv(padding: [0, 0]), Conv(dilation: [.max, .max]),
        ] { #expect(throws: InferenceError.self, "\(op)") { try op.infer([x, TensorType(.f32, [4, 3, 3, 3])]) } }
        _ = try? Conv(padding: [.max, .max, .max, .max]).infer([x, TensorType(.f32, [4, 3, 3, 3])])
    }
}
