import IR
import TestSupport
import Testing

/// Properties that every operator of the registry has.
@Suite struct OperatorSampleTests {
    @Test func everyOperatorHasSamples() {
        let sampled = Set(OperatorSamples.all.map(\.opName))
        for type in OperatorRegistry.all where type is any TensorOperator.Type && !(type is any LoweredOperator.Type) {
            #expect(sampled.contains(type.opName), "no sample of \(type.opName)")
        }
        let names = OperatorSamples.all.map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test func namesAreUniqueAndFound() throws {
        let names = OperatorRegistry.all.map { $0.opName }
        #expect(Set(names).count == names.count)
        for type in OperatorRegistry.all { #expect(OperatorRegistry.type(named: type.opName) == type) }
        #expect(throws: AttributeError.self) { try OperatorRegistry.make("no_such_operator", [:]) }
    }

    @Test func documentationIsComplete() {
        for type in OperatorRegistry.all {
            let text = type.documentation
            #expect(text.summary.hasSuffix(".") && text.summary.count > 5, "summary of \(type.opName)")
            #expect(!text.formula.isEmpty && !text.onnx.isEmpty && (!text.results.isEmpty || type == Sizes.self), "\(type.opName)")
            #expect(text.attributes.values.allSatisfy { !$0.isEmpty }, "\(type.opName)")
        }
    }

    @Test func documentationNamesWhatIsThere() {
        for sample in OperatorSamples.all {
            let text = type(of: sample.op).documentation
            for name in sample.op.attributes.keys { #expect(text.attributes[name] != nil, "\(sample.opName) '\(name)'") }
            #expect(text.operands.count >= sample.inputs.count || sample.opName == "concat")
        }
    }

    @Test func attributesRoundTrip() throws {
        for sample in OperatorSamples.all {
            let again = try OperatorRegistry.make(sample.opName, sample.op.attributes)
            #expect(again.isEqual(to: sample.op), "\(sample)")
            #expect(type(of: again) == type(of: sample.op))
            var unknown = sample.op.attributes
            unknown["no_such_attribute"] = .int(1)
            #expect(throws: AttributeError.self, "\(sample)") { try OperatorRegistry.make(sample.opName, unknown) }
        }
    }

    /// Inference on concrete shapes, and on shapes of symbols, both give what evaluation gives.
    @Test func inferenceAgreesWithEvaluation() throws {
        for sample in OperatorSamples.all {
            let results = try sample.op.evaluate(sample.inputs, sample.binding)
            let types = try sample.op.infer(sample.inputs.map { $0?.type })
            #expect(results.map(\.dtype) == types.map(\.dtype), "\(sample)")
            #expect(results.map(\.shape) == (try types.map { try $0.sizes(sample.binding) }), "\(sample)")
            for result in results where result.dtype.isFloat {
                let isFinite = result.doubles.allSatisfy(\.isFinite)
                #expect(isFinite, "\(sample)")
            }
            let cost = sample.op.cost(sample.inputs.map { $0?.type }, types)
            #expect(try cost.flops.evaluate(sample.binding) >= 0)
            #expect(try cost.bytes.evaluate(sample.binding) >= 0)
        }
    }

    /// Sizes replaced by symbols: what inference then accepts has, under that binding, the shapes of the evaluation.
    @Test func symbolicInferenceAgreesWithEvaluation() throws {
        var accepted: [String: Int] = [:]
        for sample in OperatorSamples.all {
            let shapes = try sample.op.evaluate(sample.inputs, sample.binding).map(\.shape)
            for size in Set(sample.inputs.flatMap { $0?.shape ?? [] }) where size > 1 {
                let types = sample.inputs.map { tensor in
                    tensor.map { TensorType($0.dtype, $0.shape.map { $0 == size ? .symbol("size") : Dim($0) }) }
                }
                guard let results = try? sample.op.infer(types) else { continue }
                accepted[sample.opName, default: 0] += 1
                let binding = sample.binding.merging(["size": size]) { first, _ in first }
                let inferred = try results.map { try $0.sizes(binding) }
                #expect(inferred == shapes, "\(sample), size \(size)")
            }
        }
        // The shapes that Reshape and Expand give are attributes and would have to change too; sources have no operands.
        for type in OperatorRegistry.all where type is any TensorOperator.Type && !(type is any LoweredOperator.Type) {
            if ["reshape", "expand", "iota", "fill", "shape"].contains(type.opName) { continue }
            #expect(accepted[type.opName, default: 0] > 0, "\(type.opName) accepts no symbol")
        }
    }

    /// Missing, surplus and ill-typed operands are refused, never a trap.
    @Test func wrongOperandsAreRefused() {
        for sample in OperatorSamples.all {
            let types = sample.inputs.map { $0?.type }
            if sample.opName != "concat" {
                #expect(throws: InferenceError.self, "\(sample)") { try sample.op.infer(types + [nil, nil, nil, nil, nil]) }
            }
            if !types.isEmpty {
                #expect(throws: InferenceError.self, "\(sample)") { try sample.op.infer([]) }
                #expect(throws: InferenceError.self, "\(sample)") { try sample.op.infer([nil] + types.dropFirst()) }
                #expect(throws: EvaluationError.self, "\(sample)") { try sample.op.evaluate([], sample.binding) }
            }
            for index in types.indices {
                for wrong in [TensorType(.f32, []), TensorType(.bool, [3, 2, 9, 1, 4]), TensorType(.i4, [0]), TensorType(.i64, [-1])] {
                    var changed = types
                    changed[index] = wrong
                    _ = try? sample.op.infer(changed)
                }
            }
        }
    }
}
