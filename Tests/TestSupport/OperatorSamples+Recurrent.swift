import IR

extension OperatorSamples {
    /// Hidden sizes that fill panels and that do not, rows of several lengths, both orders of steps.
    static let recurrent: [OperatorSample] = {
        var draw = SampleTensors(seed: 31)
        var samples: [OperatorSample] = []
        for (steps, batch, hidden) in [(4, 3, 19), (1, 1, 33), (2, 7, 16), (3, 1, 70), (2, 50, 5), (0, 2, 3)] {
            let label = "\(steps)×\(batch)×\(hidden)"
            let lengths = Tensor(integers: (0..<batch).map { $0 * 5 % (steps + 2) }, [batch])
            for (name, reverse, lengths) in [("", false, nil), (" reverse", true, lengths), (" lengths", false, lengths)] {
                let shape = Shape(steps: steps, batch: batch, hidden: hidden, lengths: lengths)
                let clip = name.isEmpty ? nil : 0.5
                samples += rnns("\(label)\(name)", shape, reverse, clip, &draw) + grus("\(label)\(name)", shape, reverse, clip, &draw)
                samples += lstms("\(label)\(name)", shape, reverse, clip, &draw)
            }
        }
        return samples
    }()

    private struct Shape {
        let steps, batch, hidden: Int
        let lengths: Tensor?

        func gates(_ count: Int, _ draw: inout SampleTensors) -> Tensor { draw.floats([steps, batch, count * hidden]) }

        func weight(_ count: Int, _ draw: inout SampleTensors) -> Tensor { draw.floats([count * hidden, hidden], -0.3...0.3) }

        func state(_ draw: inout SampleTensors) -> Tensor { draw.floats([batch, hidden], -1...1) }
    }

    private static func rnns(
        _ label: String, _ shape: Shape, _ reverse: Bool, _ clip: Double?, _ draw: inout SampleTensors
    ) -> [OperatorSample] {
        RNN.activations.map { activation in
            let op = RNN(activation: activation, reverse: reverse, clip: clip)
            let operands = [shape.gates(1, &draw), shape.weight(1, &draw), shape.state(&draw), shape.lengths]
            return OperatorSample("rnn \(activation.rawValue) \(label)", op, operands)
        }
    }

    private static func grus(
        _ label: String, _ shape: Shape, _ reverse: Bool, _ clip: Double?, _ draw: inout SampleTensors
    ) -> [OperatorSample] {
        let operands = [shape.gates(3, &draw), shape.weight(3, &draw), shape.state(&draw), shape.lengths]
        let after = GRU(resetAfter: true, reverse: reverse, clip: clip)
        return [
            OperatorSample("gru \(label)", GRU(resetAfter: false, reverse: reverse, clip: clip), operands),
            OperatorSample("gru after \(label)", after, operands),
            OperatorSample("gru after biased \(label)", after, operands + [draw.floats([shape.hidden])]),
        ]
    }

    private static func lstms(
        _ label: String, _ shape: Shape, _ reverse: Bool, _ clip: Double?, _ draw: inout SampleTensors
    ) -> [OperatorSample] {
        let op = LSTM(reverse: reverse, clip: clip)
        let width = 4 * shape.hidden
        let (gates, state, cell) = (shape.gates(4, &draw), shape.state(&draw), shape.state(&draw))
        let (scale, peephole) = (draw.floats([width], 0.001...0.003), draw.floats([3 * shape.hidden]))
        let zero = draw.integers([width], -128...127, as: .i32)
        func rounded(_ range: ClosedRange<Int>) -> Tensor { draw.integers([width, shape.hidden], range, as: .i8) }
        return [
            OperatorSample("lstm \(label)", op, [gates, shape.weight(4, &draw), state, shape.lengths, cell]),
            OperatorSample("lstm peephole \(label)", op, [gates, shape.weight(4, &draw), state, shape.lengths, cell, peephole]),
            OperatorSample("lstm int8 \(label)", op, [gates, rounded(-127...127), state, shape.lengths, cell, nil, scale]),
            OperatorSample("lstm int8 half \(label)", op, [gates, rounded(-32...32), state, shape.lengths, cell, peephole, scale]),
            OperatorSample("lstm int8 shifted \(label)", op, [gates, rounded(-127...127), state, shape.lengths, cell, nil, scale, zero]),
        ]
    }
}
