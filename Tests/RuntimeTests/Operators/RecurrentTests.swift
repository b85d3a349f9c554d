import IR
import TestSupport
import Testing

@testable import Runtime

/// Recurrent layers so large that every step is split over threads.
@Suite struct RecurrentTests {
    @Test func threadsDoNotChangeBits() async {
        await #expect(processExitsWith: .success) {
            for (batch, hidden) in [(1, 420), (90, 70), (70, 144)] {
                for sample in RecurrentTests.samples(batch: batch, hidden: hidden) { try RecurrentTests.check(sample) }
            }
        }
    }

    private static func check(_ sample: OperatorSample) throws {
        let node = try OneNode(sample, .constant)
        for set in Machine.InstructionSet.allCases where Machine.select(set) == set {
            var first: [Tensor]?
            for threads in [1, 2, 3] {
                Machine.setDefaultThreads(threads)
                let (results, kernels) = try node.run(sample.binding)
                #expect(kernels.contains(sample.opName), "\(sample.name) runs \(kernels)")
                #expect(first ?? results == results, "\(sample.name), \(set.name): \(threads) threads change bits")
                first = results
            }
        }
    }

    private static func samples(batch: Int, hidden: Int) -> [OperatorSample] {
        var draw = SampleTensors(seed: 41)
        let (h, c) = (draw.floats([batch, hidden], -1...1), draw.floats([batch, hidden], -1...1))
        let lengths = Tensor(integers: (0..<batch).map { $0 % 4 }, [batch])
        func operands(_ gates: Int) -> [Tensor?] {
            [draw.floats([3, batch, gates * hidden]), draw.floats([gates * hidden, hidden], -0.1...0.1), h, lengths]
        }
        let rounded = draw.integers([4 * hidden, hidden], -127...127, as: .i8)
        let (scale, zero) = (draw.floats([4 * hidden], 0.0005...0.001), draw.integers([4 * hidden], -90...90, as: .i32))
        let narrow = [draw.floats([3, batch, 4 * hidden]), rounded, h, lengths, c, nil, scale, zero]
        return [
            OperatorSample("rnn", RNN(), operands(1)), OperatorSample("gru", GRU(resetAfter: false, reverse: true), operands(3)),
            OperatorSample("gru after", GRU(resetAfter: true), operands(3) + [draw.floats([hidden])]),
            OperatorSample("lstm", LSTM(), operands(4) + [c]), OperatorSample("lstm narrow", LSTM(reverse: true), narrow),
        ]
    }

    /// One step after the other gives what all at once do, to the bit.
    @Test func aLayerMayBeRunStepByStep() throws {
        var draw = SampleTensors(seed: 42)
        let (gates, weight) = (draw.floats([4, 2, 60]), draw.floats([60, 15], -0.3...0.3))
        let (h, c) = (draw.floats([2, 15], -1...1), draw.floats([2, 15], -1...1))
        let all = try OneNode(OperatorSample("all", LSTM(), [gates, weight, h, nil, c])).run([:]).results
        var state = [h, c]
        for step in 0..<4 {
            let part = try #require(try gates.part(step, axis: 0).reshaped([1, 2, 60]))
            let results = try OneNode(OperatorSample("one", LSTM(), [part, weight, state[0], nil, state[1]])).run([:]).results
            #expect(try all[0].part(step, axis: 0) == results[0].part(0, axis: 0))
            state = Array(results[1...])
        }
        #expect(Array(all[1...]) == state)
    }
}
