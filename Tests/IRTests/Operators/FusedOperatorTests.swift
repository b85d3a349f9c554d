import IR
import TestSupport
import Testing

/// A fused operator means exactly its parts applied one after the other.
@Suite struct FusedOperatorTests {
    private func operand(_ inputs: [Tensor?], _ index: Int) -> Tensor? { index < inputs.count ? inputs[index] : nil }

    private func activated(_ x: Tensor, _ activation: Activation) throws -> Tensor {
        if activation == .none { return x }
        return try evaluate(try #require(OperatorRegistry.make(activation.rawValue, [:]) as? any TensorOperator), [x])
    }

    /// The same operand in f64, so that parts round nowhere in between.
    private func exact(_ inputs: [Tensor?]) -> [Tensor?] {
        inputs.map { $0.map { $0.dtype.isFloat ? Tensor($0.doubles, $0.shape, as: .f64) : $0 } }
    }

    @Test func linear() throws {
        for sample in OperatorSamples.samples(of: "fused_linear") {
            let (op, inputs) = (try #require(sample.op as? FusedLinear), exact(sample.inputs))
            var y = try activated(try evaluate(Linear(bf16: op.bf16), [inputs[0], inputs[1], operand(inputs, 2)]), op.activation)
            if let gate = operand(inputs, 3) { y = try evaluate(Binary<Mul>(), [y, gate]) }
            if let residual = operand(inputs, 4) { y = try evaluate(Binary<Add>(), [y, residual]) }
            #expect(near(try evaluate(op, inputs), y, 1e-12), "\(sample)")
        }
    }

    @Test func gatedLinear() throws {
        for sample in OperatorSamples.samples(of: "gated_linear") {
            let (op, inputs) = (try #require(sample.op as? GatedLinear), exact(sample.inputs))
            let gate = try activated(try evaluate(Linear(), [inputs[0], inputs[1], operand(inputs, 3)]), op.activation)
            let up = try evaluate(Linear(), [inputs[0], inputs[2], operand(inputs, 4)])
            #expect(near(try evaluate(op, inputs), try evaluate(Binary<Mul>(), [gate, up]), 1e-12), "\(sample)")
        }
    }

    @Test func convolution() throws {
        for sample in OperatorSamples.samples(of: "fused_conv") {
            let (op, inputs) = (try #require(sample.op as? FusedConv), exact(sample.inputs))
            let convolved = try evaluate(Conv(op.geometry), [inputs[0], inputs[1], operand(inputs, 2)])
            var y = try activated(convolved, op.activation)
            if let residual = operand(inputs, 3) { y = try evaluate(Binary<Add>(), [y, residual]) }
            #expect(near(try evaluate(op, inputs), y, 1e-12), "\(sample)")
        }
    }

    @Test func groupNorm() throws {
        for sample in OperatorSamples.samples(of: "fused_group_norm") {
            let (op, inputs) = (try #require(sample.op as? FusedGroupNorm), exact(sample.inputs))
            let x = try #require(inputs[0])
            var y = try evaluate(GroupNorm(groups: op.groups, eps: op.eps), [x, operand(inputs, 1), operand(inputs, 2)])
            let perChannel = Array(x.shape[..<2]) + [Int](repeating: 1, count: x.rank - 2)
            if let scale = operand(inputs, 3)?.reshaped(perChannel) {
                let factor = try evaluate(Binary<Add>(), [scale, Tensor([1], [], as: .f64)])
                y = try evaluate(Binary<Mul>(), [y, factor])
            }
            if let shift = operand(inputs, 4)?.reshaped(perChannel) { y = try evaluate(Binary<Add>(), [y, shift]) }
            if op.silu { y = try evaluate(Unary<Silu>(), [y]) }
            #expect(near(try evaluate(op, inputs), y, 1e-12), "\(sample)")
        }
    }

    /// Each head of `[b, g, m, d]` for as many of `heads` as read it.
    private func repeated(_ x: Tensor, _ heads: Int) throws -> Tensor {
        let group = heads / max(x.shape[1], 1)
        let index = (0..<heads).map { $0 / max(group, 1) }
        return try #require(try evaluate(Gather(axis: 1), [x, Tensor(integers: index, [heads])]))
    }

    @Test func attention() throws {
        for sample in OperatorSamples.samples(of: "attention") {
            let (op, inputs) = (try #require(sample.op as? Attention), exact(sample.inputs))
            let heads = try #require(inputs[0]).shape[1]
            let (k, v) = (try repeated(try #require(inputs[1]), heads), try repeated(try #require(inputs[2]), heads))
            var scores = try evaluate(MatMul(transposeB: true), [inputs[0], k])
            scores = try evaluate(Binary<Mul>(), [scores, Tensor([op.scale], [], as: .f64)])
            if let bias = operand(inputs, 4) { scores = try evaluate(Binary<Add>(), [scores, bias]) }
            let lowest = Tensor([-Double(Float.greatestFiniteMagnitude)], [], as: .f64)
            if let mask = operand(inputs, 3) { scores = try evaluate(Where(), [mask, lowest, scores]) }
            if op.causal { scores = try evaluate(Where(), [try later(scores.shape[2], scores.shape[3]), lowest, scores]) }
            let weights = try evaluate(Softmax(offByOne: op.offByOne), [scores])
            let (y, expected) = (try evaluate(op, inputs), try evaluate(MatMul(), [weights, v]))
            #expect(near(y, expected, op.int8 ? 0.1 : 1e-12), "\(sample)")
            let rounds = op.int8 && scores.shape[2] >= Attention.leastInt8Queries
            #expect(rounds == !near(y, expected, 1e-12), "\(sample): rounding must show, and only where it is asked for")
        }
    }

    /// [queries, keys], true where the key comes later than the query.
    private func later(_ queries: Int, _ keys: Int) throws -> Tensor {
        let last = try #require(try evaluate(Iota(size: Dim(queries), start: keys - queries), []).reshaped([queries, 1]))
        return try evaluate(Comparison<Greater>(), [try evaluate(Iota(size: Dim(keys)), []), last])
    }
}
