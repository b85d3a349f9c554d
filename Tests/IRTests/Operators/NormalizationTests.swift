import Foundation
import IR
import Testing

@Suite struct NormalizationTests {
    @Test func softmax() throws {
        let x = Tensor([0, log(3), 1000, 1000], [2, 2])
        #expect(near(try evaluate(Softmax(), [x]), [0.25, 0.75, 0.5, 0.5]))
        #expect(near(try evaluate(Softmax(axis: 0), [Tensor([0, 0, Float(log(3.0)), 0], [2, 2])]), [0.25, 0.5, 0.75, 0.5]))
        #expect(near(try evaluate(Softmax(offByOne: true), [x]), [0.2, 0.6, 0.5, 0.5]))
        // A row far below zero attends to nothing.
        #expect(near(try evaluate(Softmax(offByOne: true), [Tensor([-1000, -1000], [1, 2])]), [0, 0]))
        #expect(try evaluate(Softmax(), [Tensor(zeros: .f32, [3, 0])]).shape == [3, 0])
        #expect(near(try evaluate(LogSoftmax(), [x]), [log(0.25), log(0.75), -log(2), -log(2)], 1e-4))
        #expect(throws: InferenceError.self) { try Softmax(axis: 2).infer([x.type]) }
        #expect(throws: InferenceError.self) { try Softmax(axis: .min).infer([x.type]) }
    }

    @Test func layerNorm() throws {
        let x = Tensor([1, 3, -2, 2], [2, 2])
        #expect(near(try evaluate(LayerNorm(eps: 0), [x]), [-1, 1, -1, 1]))
        let scaled = [x, Tensor([2, 3], [2]), Tensor([10, 20], [2])]
        #expect(near(try evaluate(LayerNorm(eps: 0), scaled), [8, 23, 8, 23]))
        #expect(near(try evaluate(LayerNorm(eps: 3), [Tensor([1, 3], [2])]), [-0.5, 0.5]))
        #expect(throws: InferenceError.self) { try LayerNorm(eps: 0).infer([x.type, TensorType(.f32, [3])]) }
    }

    @Test func rmsNorm() throws {
        let x = Tensor([1, 7, 3, 4], [2, 2])
        let root = 12.5.squareRoot()
        #expect(near(try evaluate(RMSNorm(eps: 0), [x]), [0.2, 1.4, 3 / root, 4 / root]))
        #expect(near(try evaluate(RMSNorm(eps: 0), [x, Tensor([5, 10], [2])]), [1, 14, 15 / root, 40 / root]))
    }

    @Test func groupNorm() throws {
        // Two groups of two channels, one position each.
        let x = Tensor([1, 3, 10, 30], [1, 4, 1, 1])
        #expect(near(try evaluate(GroupNorm(groups: 2, eps: 0), [x]), [-1, 1, -1, 1]))
        let scaled = [x, Tensor([1, 2, 3, 4], [4]), Tensor([0, 0, 1, 1], [4])]
        #expect(near(try evaluate(GroupNorm(groups: 2, eps: 0), scaled), [-1, 2, -2, 5]))
        #expect(throws: InferenceError.self) { try GroupNorm(groups: 3, eps: 0).infer([x.type]) }
        #expect(throws: InferenceError.self) { try GroupNorm(groups: 0, eps: 0).infer([x.type]) }
        let symbolic = TensorType(.f32, [.symbol("b"), 4, .symbol("h"), .symbol("w")])
        #expect(try GroupNorm(groups: 2, eps: 0).infer([symbolic]) == [symbolic])
    }

    @Test func l2Normalize() throws {
        let x = Tensor([3, 4, 0, 0], [2, 2])
        #expect(near(try evaluate(L2Normalize(), [x]), [0.6, 0.8, 0, 0]))
        #expect(near(try evaluate(L2Normalize(axis: 0), [x]), [1, 1, 0, 0]))
        #expect(near(try evaluate(L2Normalize(eps: 10), [x]), [0.3, 0.4, 0, 0]))
    }
}
