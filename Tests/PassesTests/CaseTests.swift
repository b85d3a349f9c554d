import Foundation
import IR
import Passes
import TestSupport
import Testing

@Suite("Text cases") struct CaseTests {
    @Test("case", arguments: Case.all)
    func holds(_ fixture: Case) throws {
        let text = try fixture.read()
        let before = try Module(parsing: text.before).withRandomConstants()
        try before.verify()
        let pipeline = try #require(fixture.pipeline, "no rule or pass is named '\(fixture.rule)'")
        let result = try PassManager.run(before, pipeline, PassOptions(verifyEachPatch: true))
        let after = result.module.description
        if Case.isUpdating {
            try fixture.write(before: text.before, after: after)
        } else {
            #expect(after == text.after, "\(fixture.testDescription) changed; TESSERA_UPDATE_CASES=1 rewrites it")
        }
        #expect((result.patchCount == 0) == fixture.isNearMiss, "\(result.patchCount) patches applied")
        #expect(try Module(parsing: after, resolving: result.module.constants) == result.module)
        try compare(
            before, result.module, fixture.isNearMiss ? .exact : fixture.promise, within: CaseTests.bound(of: fixture),
            lossy: CaseTests.lossyBound(of: fixture))
    }

    @Test("the whole pipeline keeps the meaning of every case and is at rest after one run", arguments: Case.all)
    func pipelineKeepsMeaning(_ fixture: Case) throws {
        let before = try Module(parsing: try fixture.read().before).withRandomConstants()
        // What is lowered already has operators that no clean module may have.
        guard before.stage < .lowered else { return }
        let once = try PassManager.run(before, .clean).module
        try compare(before, once, .rounding, within: CaseTests.bound(of: fixture))
        let twice = try PassManager.run(once, .clean)
        #expect(twice.patchCount == 0, "\(twice.records)")
        #expect(twice.module == once)
    }

    /// Evaluates every function on random inputs.
    private func compare(_ before: Module, _ after: Module, _ promise: Promise, within bound: Double, lossy: Double = 0.03) throws {
        for name in before.functions.filter({ !$0.isPrivate }).map(\.name) {
            let inputs = try before.randomInputs(of: name)
            let expected = try Interpreter.run(before, name, inputs)
            let actual = try Interpreter.run(after, name, try fitted(inputs, to: after, name))
            #expect(expected.keys.sorted() == actual.keys.sorted())
            for (output, tensor) in expected {
                let result = try #require(actual[output])
                switch promise {
                case .exact: #expect(result == tensor, "\(name).\(output) must keep its bits")
                case .rounding:
                    let distance = deviation(result, tensor)
                    #expect(distance <= bound, "\(name).\(output) deviates by \(distance)")
                case .lossy:
                    let distance = deviation(Tensor(result.doubles, result.shape, as: tensor.dtype), tensor)
                    #expect(distance > 0 && distance <= lossy, "\(name).\(output) deviates by \(distance)")
                }
            }
        }
    }

    /// Scores in f16 are rounded between operators that attention makes one: that case differs by units of f16, all others by those of f32.
    private static func bound(of fixture: Case) -> Double { fixture.testDescription == "fuse-attention/half.ir" ? 0x1p-10 : 1e-5 }

    /// Eight bits of weights and activations leave about 1 % of the largest result, which may be narrower. Four bits are 16 times as coarse, of which
    /// a scale for each 32 weights takes half.
    private static func lossyBound(of fixture: Case) -> Double { fixture.rule == "quantize-linear-groups" ? 0.1 : 0.03 }

    /// `inputs` in the element types that function `name` wants, which a pass may change.
    private func fitted(_ inputs: [String: Tensor], to module: Module, _ name: String) throws -> [String: Tensor] {
        let graph = try #require(module.function(name))
        return try inputs.reduce(into: [:]) { result, input in
            let dtype = graph.type(of: try #require(graph.input(named: input.key))).dtype
            let value = input.value
            result[input.key] = value.dtype == dtype ? value : Tensor(value.doubles, value.shape, as: dtype)
        }
    }

    @Test("every rule and pass has a case that fires and a near miss")
    func isComplete() {
        for transformation in Case.pipelines.flatMap(\.transformations) {
            let cases = Case.all.filter { $0.rule == transformation.name }
            #expect(cases.contains { !$0.isNearMiss }, "Tests/Cases/\(transformation.name) has no case that fires")
            #expect(cases.contains { $0.isNearMiss }, "Tests/Cases/\(transformation.name) has no near miss (not-….ir)")
        }
    }

    @Test("names are kebab case, documentation is one sentence")
    func isDocumented() {
        for transformation in Case.pipelines.flatMap(\.transformations) {
            let name = transformation.name
            #expect(name.allSatisfy { $0.isLowercase || $0 == "-" || $0.isNumber }, "\(name)")
            #expect(transformation.documentation.hasSuffix("."), "\(name)")
        }
        #expect(Pipeline.clean.steps.allSatisfy { $0.reason.hasSuffix(".") })
    }
}
