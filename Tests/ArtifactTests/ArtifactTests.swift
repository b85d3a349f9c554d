import Formats
import Foundation
import IR
import Passes
import TestSupport
import Testing

@testable import Artifact
@testable import Runtime

/// Compiled models run as the modules that they were made of, on every instruction set.
@Suite struct ArtifactTests {
    private static let pipelines: [String: [Pipeline]] = [
        "f32": [.clean], "bf16": [.clean, .precision(.bf16)], "int8 of half range": [.clean, .precision(.int8, halfRange: true)],
        "int8 of full range": [.clean, .precision(.int8, halfRange: false)], "int4": [.clean, .precision(.int4)],
    ]

    @Test(arguments: pipelines.keys.sorted(), Machine.InstructionSet.allCases)
    func runsAsItsModule(_ name: String, _ target: Machine.InstructionSet) throws {
        let place = try Place()
        let clean = try PassManager.run(Sample.module(), Self.pipelines[name] ?? []).module
        try place.write(clean, for: target)
        let artifact = try Artifact(path: place.path)
        #expect(artifact.target == target.name)
        try artifact.verify()
        let expected = try Session(Plan(clean)).run("main", Sample.inputs)
        let found = try Session(artifact.plan()).run("main", Sample.inputs)
        #expect(Set(found.keys) == ["y", "labels", "table"])
        for (output, tensor) in expected { #expect(found[output] == tensor, "\(output) of \(name) for \(target.name)") }
    }

    /// Nothing that kernels of the file's own instruction set read is made anew.
    @Test func weightsAreThePagesOfTheFile() throws {
        let place = try Place()
        try place.write(try PassManager.run(Sample.module(), [.clean, .precision(.int8, halfRange: true)]).module, for: Machine.active)
        let artifact = try Artifact(path: place.path)
        #expect(Set(artifact.packed.weights.map(\.form)) == [.i7, .winograd, .direct])
        for weight in artifact.packed.weights {
            #expect(Int(bitPattern: weight.bytes.pointer) % 64 == 0, "\(weight.key)")
            #expect(artifact.packed.module.constants[weight.key]?.bytes == nil, "\(weight.key) is in the file twice")
        }
        #expect(Set(artifact.packed.weights.map { ObjectIdentifier($0.bytes.owner) }).count == 1, "they lie in one mapping")
        let plan = try artifact.plan()
        let before = plan.weightBytes
        _ = try Session(plan).run("main", Sample.inputs)
        // Sizes of pictures may ask for the other order of a 3 × 3 filter; nothing else is packed anew.
        let filter = artifact.packed.weights.first { $0.form == .winograd }
        #expect([0, filter?.bytes.count ?? 0].contains(plan.weightBytes - before), "\(plan.weightBytes - before) bytes were packed anew")
    }

    @Test func sameInputGivesSameBytes() throws {
        let (a, b) = (try Place(), try Place())
        // With weights that are split into half range and a rest.
        let clean = try PassManager.run(Sample.module(), [.clean, .precision(.int8, halfRange: false)]).module
        for place in [a, b] { try place.write(clean, for: .avx2) }
        #expect(try a.bytes() == b.bytes())
    }

    @Test func provenanceIsKept() throws {
        let place = try Place()
        try Data("weights".utf8).write(to: URL(fileURLWithPath: place.path + ".source"))
        let source = try Provenance.Source(path: place.path + ".source")
        #expect(source.file == "model.tess.source" && source.bytes == 7)
        #expect(source.sha256 == "9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c")
        let provenance = Provenance(program: "p", precision: "int8", options: ["--function f"], sources: [source])
        try Artifact.write(
            PackedModule(PassManager.run(Sample.module(), [.clean]).module, for: .avx2), target: .avx2, provenance: provenance,
            to: place.path)
        #expect(try Artifact(path: place.path).provenance == provenance)
        #expect(!String(decoding: try place.bytes(), as: UTF8.self).contains(place.folder))
    }

    /// Looking whether a file is a compiled model takes nothing out of a pipe.
    @Test func pipesAreLeftToTheirReaders() throws {
        let pipe = Pipe()
        try pipe.fileHandleForWriting.write(contentsOf: Data("0123456789".utf8))
        #expect(!Artifact.isArtifact("/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)"))
        try pipe.fileHandleForWriting.close()
        #expect(try pipe.fileHandleForReading.readToEnd() == Data("0123456789".utf8))
    }

    /// A checkpoint is what commands for checkpoints need.
    @Test func isNoCheckpoint() throws {
        let place = try Place()
        try place.write(try PassManager.run(Sample.module(), [.clean]).module, for: .avx2)
        #expect(Artifact.isArtifact(place.path))
        let error = #expect(throws: CheckpointError.self) { try Checkpoint.open(place.path) }
        #expect(error?.description.contains("is a compiled model") == true)
    }
}

/// A file of its own.
final class Place {
    let folder: String
    let path: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-artifact-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        path = folder + "/model.tess"
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func write(_ clean: Module, for target: Machine.InstructionSet) throws {
        let provenance = Provenance(program: "test", precision: "f32", options: [], sources: [])
        try Artifact.write(PackedModule(clean, for: target), target: target, provenance: provenance, to: path)
    }

    func bytes() throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

    func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
}

/// A module with what files must keep: dense layers, convolutions of both orders, a table, texts, a weight that is read unpacked as well.
enum Sample {
    static func module() throws -> Module {
        var draw = SampleTensors(seed: 5)
        var module = Module(name: "sample")
        var constants: [String: Tensor] = [
            "fc1.weight": draw.floats([160, 96], -0.1...0.1), "fc1.bias": draw.floats([160]),
            "fc2.weight": draw.floats([64, 160], -0.1...0.1),
            "conv3.weight": draw.floats([24, 16, 3, 3], -0.2...0.2), "conv5.weight": draw.floats([24, 24, 5, 5], -0.2...0.2),
            "table": draw.floats([70, 96]), "labels": Tensor(strings: (0..<40).map { "label \($0)" }, [40]),
        ]
        // One weight of each output exceeds half range.
        var values = constants["fc2.weight"]?.floats ?? []
        for index in stride(from: 3, to: values.count, by: 160) { values[index] = 0.9 }
        constants["fc2.weight"] = Tensor(values, [64, 160])
        var graph = Graph(name: "main")
        func constant(_ key: String) throws -> ValueID { try graph.constant(key, constants[key]?.type ?? TensorType(.f32, [])) }
        let ids = try graph.addInput("ids", TensorType(.i64, [.symbol("n")]))
        let picture = try graph.addInput("picture", TensorType(.f32, [1, 16, .symbol("h"), 12]))
        let rows = try graph.apply(Gather(axis: 0), [constant("table"), ids], name: "rows")
        let hidden = try graph.apply(Linear(), [rows, constant("fc1.weight"), constant("fc1.bias")], name: "fc1")
        let y = try graph.apply(Linear(), [graph.apply(Unary<Relu>(), [hidden], name: "relu"), constant("fc2.weight"), nil], name: "fc2")
        let small = try graph.apply(Conv(ConvGeometry(padding: [1, 1, 1, 1])), [picture, constant("conv3.weight"), nil], name: "conv3")
        let large = try graph.apply(Conv(ConvGeometry(padding: [2, 2, 2, 2])), [small, constant("conv5.weight"), nil], name: "conv5")
        let mean = try graph.apply(Reduce<ReduceMean>(axes: [1, 2, 3], keepDims: false), [large], name: "mean")
        let sum = try graph.apply(Binary<Add>(), [y, graph.apply(Reshape([1, 1]), [mean], name: "mean")], name: "sum")
        try graph.addOutput("y", sum)
        try graph.addOutput("labels", constant("labels"))
        try graph.addOutput("table", graph.apply(Unary<Neg>(), [constant("table")], name: "neg"))
        module.setFunction(graph)
        for (key, tensor) in constants { module.setConstant(Constant(key: key, tensor)) }
        module.metadata = ["family": .string("sample")]
        return module
    }

    static var inputs: [String: Tensor] {
        var draw = SampleTensors(seed: 6)
        return ["ids": draw.integers([9], 0...69), "picture": draw.floats([1, 16, 10, 12])]
    }
}
