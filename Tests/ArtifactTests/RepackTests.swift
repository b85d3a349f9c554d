import Formats
import Foundation
import IR
import Passes
import TestSupport
import Testing

@testable import Artifact
@testable import Runtime

/// Weights of a compiled model, packed for another instruction set.
@Suite struct RepackTests {
    private static let pipelines: [String: [Pipeline]] = [
        "f32": [.clean], "bf16": [.clean, .precision(.bf16)], "int8 of half range": [.clean, .precision(.int8, halfRange: true)],
        "int8 of full range": [.clean, .precision(.int8, halfRange: false)], "int4": [.clean, .precision(.int4)],
    ]

    /// Bit for bit what the module itself gives when it is packed for that target: nothing is rounded twice, and nothing is lost.
    @Test(arguments: pipelines.keys.sorted(), Machine.InstructionSet.allCases)
    func weightsAreThoseOfTheOtherTarget(_ name: String, _ target: Machine.InstructionSet) throws {
        let clean = try PassManager.run(Sample.module(), Self.pipelines[name] ?? []).module
        for source in [Machine.InstructionSet.generic, .avx2, .avx512vnni] {
            let place = try Place()
            try place.write(clean, for: source)
            let repacked = try Artifact(path: place.path).packed.repacked(for: target)
            let expected = try PackedModule(clean, for: target)
            #expect(repacked.module == expected.module, "\(name) from \(source.name)")
            #expect(repacked.weights.map(\.key) == expected.weights.map(\.key))
            for (a, b) in zip(repacked.weights, expected.weights) {
                let same = a.layout == b.layout && a.form == b.form && a.instructionSet == b.instructionSet
                #expect(same && a.bytes.elementsEqual(b.bytes), "\(a.key), \(a.form) for \(target.name) from \(source.name)")
            }
        }
    }

    @Test func resultsAreThoseOfTheSource() throws {
        let clean = try PassManager.run(Sample.module(), [.clean, .precision(.int8, halfRange: false)]).module
        let (from, to) = (try Place(), try Place())
        try from.write(clean, for: .avx2)
        let source = try Artifact(path: from.path)
        let provenance = source.provenance.repacked(
            try Provenance.Repacking(source), by: "later", options: ["--function main"],
            leftOut: nil)
        try Artifact.write(source.packed.repacked(for: .avx512vnni), target: .avx512vnni, provenance: provenance, to: to.path)
        let made = try Artifact(path: to.path)
        try made.verify()
        #expect(made.target == "avx512vnni" && made.provenance.repacked?.map(\.target) == ["avx2"])
        #expect(try made.provenance.repacked?.first?.digest == source.digest && made.provenance.program == "later")
        #expect(try Session(made.plan()).run("main", Sample.inputs) == Session(source.plan()).run("main", Sample.inputs))
    }

    @Test func functionsAreLeftOut() throws {
        var module = try Sample.module()
        var other = Graph(name: "other")
        let x = try other.addInput("x", TensorType(.f32, [.symbol("n"), 96]))
        let weight = try other.constant("fc1.weight", TensorType(.f32, [160, 96]))
        try other.addOutput("y", other.apply(Linear(), [x, weight, nil], name: "fc1"))
        module.setFunction(other)
        let packed = try PackedModule(PassManager.run(module, [.clean]).module, for: .avx2)
        let kept = try packed.repacked(for: .generic, keeping: ["other"])
        #expect(kept.module.functions.map(\.name) == ["other"] && kept.weights.map(\.key) == ["fc1.weight"])
        #expect(kept.byteCount < packed.byteCount / 3)
    }

    /// A weight that does not fit its type is refused here as it is where it would run.
    @Test func whatDoesNotFitIsRefused() throws {
        let packed = try PackedModule(PassManager.run(Sample.module(), [.clean]).module, for: .avx2)
        let short = packed.weights.map { weight in
            PackedConstant(
                key: weight.key, layout: weight.layout, form: weight.form, instructionSet: weight.instructionSet,
                bytes: ByteSlice(weight.bytes.owner, offset: weight.bytes.offset, count: weight.bytes.count - 64) ?? weight.bytes)
        }
        #expect(throws: RuntimeError.self) { try PackedModule(module: packed.module, weights: short).repacked(for: .generic) }
        let none = PackedModule(module: packed.module, weights: [])
        #expect(throws: RuntimeError.self) { try none.repacked(for: .generic) }
    }
}
