import Foundation
import IR
import Testing

@Suite struct RecurrentTests {
    private func results(_ op: any RecurrentOperator, _ operands: [Tensor?]) throws -> [[Float]] {
        try op.evaluate(operands, [:]).map(\.floats)
    }

    /// One row of one unit: the state adds up what comes.
    @Test func rnn() throws {
        let operands: [Tensor?] = [Tensor([1, 2, 3], [3, 1, 1]), Tensor([1], [1, 1]), Tensor([10], [1, 1])]
        let op = RNN(activation: .relu)
        #expect(try results(op, operands) == [[11, 13, 16], [16]])
        #expect(try results(RNN(activation: .relu, reverse: true), operands) == [[16, 15, 13], [16]])
        #expect(try results(RNN(activation: .relu, clip: 12), operands) == [[11, 12, 12], [12]])
        func cut(_ length: Int) -> [Tensor?] { operands + [Tensor(integers: [length], [1])] }
        #expect(try results(op, cut(2)) == [[11, 13, 0], [13]])
        #expect(try results(RNN(activation: .relu, reverse: true), cut(2)) == [[13, 12, 0], [13]])
        #expect(try results(op, cut(0)) == [[0, 0, 0], [10]])
        #expect(try results(op, cut(9)) == [[11, 13, 16], [16]])
        #expect(try results(op, [Tensor([], [0, 1, 1]), operands[1], operands[2]]) == [[], [10]])
    }

    /// Gates that are wide open or shut.
    @Test func gru() throws {
        func gates(_ z: Double, _ r: Double, _ n: Double) -> Tensor { Tensor([z, r, n], [1, 1, 3], as: .f64) }
        let (weight, state) = (Tensor([0, 0, 2], [3, 1], as: .f64), Tensor([0.5], [1, 1], as: .f64))
        let bias = Tensor([0.25], [1], as: .f64)
        func last(_ op: GRU, _ gates: Tensor, _ more: [Tensor?] = []) throws -> Double {
            try #require(try op.evaluate([gates, weight, state] + more, [:])[1].doubles.first)
        }
        for after in [false, true] {
            #expect(try last(GRU(resetAfter: after), gates(90, 0, 3)) == 0.5)
            #expect(try last(GRU(resetAfter: after), gates(-90, -90, 3)) == tanh(3))
            #expect(try last(GRU(resetAfter: after), gates(-90, 90, 3)) == tanh(4))
            #expect(try last(GRU(resetAfter: after), gates(0, 90, 3)) == 0.5 * tanh(4) + 0.25)
        }
        #expect(try last(GRU(resetAfter: true), gates(-90, 0, 3), [nil, bias]) == tanh(3 + 0.5 * 1.25))
        let types = [gates(0, 0, 0), weight, state, nil, bias].map { $0?.type }
        #expect(throws: InferenceError.self) { try GRU(resetAfter: false).infer(types) }
    }

    @Test func lstm() throws {
        func gates(_ i: Double, _ o: Double, _ f: Double, _ g: Double) -> Tensor { Tensor([i, o, f, g], [1, 1, 4], as: .f64) }
        let (weight, h) = (Tensor([0, 0, 0, 2], [4, 1], as: .f64), Tensor([0.5], [1, 1], as: .f64))
        let c = Tensor([3], [1, 1], as: .f64)
        func states(_ gates: Tensor, _ peephole: Tensor? = nil) throws -> [Double] {
            try LSTM().evaluate([gates, weight, h, nil, c, peephole], [:]).dropFirst().flatMap(\.doubles)
        }
        #expect(try states(gates(-90, 90, 90, 1)) == [tanh(3), 3])
        #expect(try states(gates(90, 90, -90, 1)) == [tanh(tanh(2)), tanh(2)])
        #expect(try states(gates(-90, 0, 90, 1)) == [0.5 * tanh(3), 3])
        // The output gate sees the new cell, the others the old one.
        let seen = try states(gates(-90, -3, 90, 1), Tensor([90, 1, 0], [3], as: .f64))
        let cell = 3 + tanh(2.0)
        #expect(abs(seen[1] - cell) < 1e-12 && abs(seen[0] - tanh(cell) / (1 + exp(3 - cell))) < 1e-12)
    }

    /// A state of 1 and 0.31 is 255 and 79.05 steps of 1/255; the sum of g is (255·3 + 79·4)·scale/255.
    @Test func integerWeights() throws {
        let rows = [[0, 0], [0, 0], [0, 0], [0, 0], [0, 0], [0, 0], [3, 4], [0, 0]]
        let (weight, scale) = (Tensor(integers: rows.flatMap { $0 }, [8, 2], as: .i8), Tensor([Float](repeating: 0.25, count: 8), [8]))
        let gates = Tensor([90, 90, 90, 90, -90, -90, 0, 0], [1, 1, 8])
        let operands: [Tensor?] = [gates, weight, Tensor([1, 0.31], [1, 2]), nil, Tensor([0, 0], [1, 2]), nil, scale]
        func cell(_ more: [Tensor?] = []) throws -> Float { try LSTM().evaluate(operands + more, [:])[2].floats[0] }
        #expect(abs(try cell() - Float(tanh(0.25 * 1081.0 / 255))) < 1e-6)
        let zero = Tensor(integers: [0, 0, 0, 0, 0, 0, 2, 0], [8], as: .i32)
        #expect(abs(try cell([zero]) - Float(tanh(0.25 * 413.0 / 255))) < 1e-6)
        #expect(throws: InferenceError.self) { try LSTM().infer(operands.prefix(5).map { $0?.type }) }
    }

    @Test func operandsMustFit() throws {
        let (t, b) = (Dim.symbol("t"), Dim.symbol("b"))
        let (gates, weight, state) = (TensorType(.f32, [t, b, 12]), TensorType(.f32, [12, 4]), TensorType(.f32, [b, 4]))
        #expect(try GRU(resetAfter: true).infer([gates, weight, state]) == [TensorType(.f32, [t, b, 4]), state])
        #expect(throws: InferenceError.self) { try LSTM().infer([gates, weight, state, nil, state]) }
        #expect(throws: InferenceError.self) { try GRU(resetAfter: true).infer([gates, weight, TensorType(.f32, [4, b])]) }
        #expect(throws: InferenceError.self) { try GRU(resetAfter: true).infer([gates, weight, state, TensorType(.i32, [b])]) }
        #expect(throws: AttributeError.self) { try OperatorRegistry.make("rnn", ["activation": .string("gelu")]) }
        #expect(throws: AttributeError.self) { try OperatorRegistry.make("lstm", ["clip": .float(0)]) }
    }
}
