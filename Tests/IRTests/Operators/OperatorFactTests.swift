import IR
import TestSupport
import Testing

/// What operators claim about themselves, held against their `infer` and `evaluate`.
@Suite struct OperatorFactTests {
    private func samples(with fact: OperatorFacts) -> [OperatorSample] {
        OperatorSamples.all.filter { type(of: $0.op).facts.contains(fact) }
    }

    /// Elements in the opposite order give results in the opposite order.
    @Test func elementwiseOperatorsTreatEveryElementAlike() throws {
        var tried: Set<String> = []
        for sample in samples(with: .elementwise) {
            let operands = try sample.inputs.map { try #require($0) }
            let shapes = operands.map { $0.shape.map { Dim($0) } }
            let results = try sample.op.infer(operands.map(\.type))
            let stretched = try shapes.reduce([]) { try Broadcast.shape($0, $1) }
            #expect(results.count == 1 && results[0].shape == stretched, "\(sample)")
            let count = results[0].elementCount.value ?? 0
            let flat = try operands.map { try #require(try Expand(results[0].shape).evaluate([$0], [:])[0].reshaped([count])) }
            let forward = try sample.op.evaluate(flat, [:])[0]
            let backward = try sample.op.evaluate(flat.map(reversed), [:])[0]
            #expect(reversed(backward) == forward, "\(sample)")
            if count > 1 { tried.insert(sample.opName) }
        }
        for type in OperatorRegistry.all where type.facts.contains(.elementwise) { #expect(tried.contains(type.opName), "\(type.opName)") }
    }

    private func reversed(_ tensor: Tensor) -> Tensor {
        let width = tensor.dtype.byteWidth
        return Tensor(tensor.dtype, tensor.shape) { target in
            for index in 0..<tensor.count {
                for byte in 0..<width { target[index * width + byte] = tensor.bytes.buffer[(tensor.count - 1 - index) * width + byte] }
            }
        }
    }

    @Test func commutativeOperatorsAre() throws {
        let all = OperatorSamples.typed + OperatorSamples.all
        let claimed = all.filter { type(of: $0.op).facts.contains(.commutative) }
        #expect(Set(claimed.map(\.opName)) == ["add", "mul", "eq", "ne", "and", "or", "xor"])
        for sample in claimed {
            let swapped = Array(sample.inputs.reversed())
            #expect(try sample.op.evaluate(sample.inputs, [:]) == sample.op.evaluate(swapped, [:]), "\(sample)")
        }
    }

    /// Every element of the first result is one of the operands, or the number that pads.
    @Test func movementComputesNothing() throws {
        for sample in samples(with: .movement) {
            var known = Set(sample.inputs.flatMap { $0?.doubles ?? [] })
            if let pad = sample.op as? Pad { known.insert(pad.value.double) }
            let moved = try sample.op.evaluate(sample.inputs, sample.binding)[0].doubles
            #expect(moved.allSatisfy { known.contains($0) }, "\(sample)")
        }
        for sample in samples(with: .view) { #expect(type(of: sample.op).facts.contains(.movement), "\(sample)") }
    }

    @Test func reductionsGiveFewerElements() throws {
        for sample in samples(with: .reduction) {
            let (given, result) = (sample.inputs[0]?.count ?? 0, try sample.op.evaluate(sample.inputs, [:])[0].count)
            #expect(result <= max(given, 1) || given == 0, "\(sample)")
        }
    }

    @Test func differentiableOperatorsTakeFloats() {
        for type in OperatorRegistry.all where type.facts.contains(.differentiable) {
            let takes = OperatorSamples.samples(of: type.opName).contains { $0.inputs.contains { $0?.dtype == .f32 } }
            #expect(takes, "\(type.opName)")
        }
        let steps = ["floor", "ceil", "round", "sign", "eq", "not", "arg_max", "reduce_any", "is_nan", "iota"]
        for name in steps { #expect(OperatorRegistry.type(named: name)?.facts.contains(.differentiable) == false, "\(name)") }
    }
}
