import Foundation
import IR
import Testing

@Suite struct AttentionTests {
    /// One head, one query [1], keys [0] and [ln 3]: weights 1/4 and 3/4.
    private let q = Tensor([1], [1, 1, 1, 1])
    private let k = Tensor([0, Float(log(3.0))], [1, 1, 2, 1])
    private let v = Tensor([4, 0, 0, 8], [1, 1, 2, 2])

    @Test func weights() throws {
        #expect(near(try evaluate(Attention(scale: 1), [q, k, v]), [1, 6]))
        #expect(near(try evaluate(Attention(scale: 0), [q, k, v]), [2, 4]))
        #expect(near(try evaluate(Attention(scale: 1, offByOne: true), [q, k, v]), [0.8, 4.8]))
        let bias = Tensor([Float(log(3.0)), 0], [2])
        #expect(near(try evaluate(Attention(scale: 1), [q, k, v, nil, bias]), [2, 4]))
    }

    @Test func masks() throws {
        let second = Tensor(bools: [false, true], [1, 1, 1, 2])
        #expect(near(try evaluate(Attention(scale: 1), [q, k, v, second]), [4, 0]))
        // Nothing left to see: all keys alike, or nothing at all with the extra term.
        let all = Tensor(bools: [true, true], [1, 1, 1, 2])
        #expect(near(try evaluate(Attention(scale: 1), [q, k, v, all]), [2, 4]))
        #expect(near(try evaluate(Attention(scale: 1, offByOne: true), [q, k, v, all]), [0, 0]))
        // A bias cannot lift the mask.
        let bias = Tensor([0, 1000], [1, 1, 1, 2])
        #expect(near(try evaluate(Attention(scale: 1), [q, k, v, second, bias]), [4, 0]))
    }

    @Test func causality() throws {
        let queries = Tensor([1, 1], [1, 1, 2, 1])
        #expect(near(try evaluate(Attention(scale: 0, causal: true), [queries, k, v]), [4, 0, 2, 4]))
        // The last of one query sees both keys.
        #expect(near(try evaluate(Attention(scale: 0, causal: true), [q, k, v]), [2, 4]))
        // More queries than keys: the first sees none.
        let three = Tensor([1, 1, 1], [1, 1, 3, 1])
        #expect(near(try evaluate(Attention(scale: 0, causal: true), [three, k, v]), [2, 4, 4, 0, 2, 4]))
    }

    @Test func noKeys() throws {
        let empty = [q, Tensor(zeros: .f32, [1, 1, 0, 1]), Tensor(zeros: .f32, [1, 1, 0, 3])]
        #expect(near(try evaluate(Attention(scale: 1), empty), [0, 0, 0]))
    }

    @Test func inference() throws {
        let (b, n, m) = (Dim.symbol("b"), Dim.symbol("n"), Dim.symbol("m"))
        let q = TensorType(.f32, [b, 6, n, 64])
        let (k, v) = (TensorType(.f32, [b, 6, m, 64]), TensorType(.f32, [b, 6, m, 32]))
        let mask = TensorType(.bool, [b, 1, 1, m])
        #expect(try Attention(scale: 1).infer([q, k, v, mask]) == [TensorType(.f32, [b, 6, n, 32])])
        #expect(throws: InferenceError.self) { try Attention(scale: 1).infer([q, k, v, TensorType(.bool, [b, 1, 1, n])]) }
        #expect(throws: InferenceError.self) { try Attention(scale: 1).infer([q, k, v, TensorType(.bool, [2, b, 6, n, m])]) }
        #expect(throws: InferenceError.self) { try Attention(scale: 1).infer([q, v, v]) }
        let (shared, values) = (TensorType(.f32, [b, 2, m, 64]), TensorType(.f32, [b, 2, m, 32]))
        #expect(try Attention(scale: 1).infer([q, shared, values, mask]) == [TensorType(.f32, [b, 6, n, 32])])
        #expect(throws: InferenceError.self) { try Attention(scale: 1).infer([q, shared, v]) }
        let (four, others) = (k.with(shape: [b, 4, m, 64]), v.with(shape: [b, 4, m, 32]))
        #expect(throws: InferenceError.self) { try Attention(scale: 1).infer([q, four, others]) }
        #expect(throws: InferenceError.self) { try Attention(scale: 1).infer([q, k, v, nil, mask]) }
    }
}
