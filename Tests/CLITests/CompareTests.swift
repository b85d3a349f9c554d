import Formats
import Foundation
import IR
import Testing

/// `compare`, and what `run` tells of nodes.
@Suite struct CompareTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func compared(_ arguments: String...) async throws -> [String: Any] {
        let run = await Command(["compare", Shapes.model, "--function", "encode", "--random", "--bind", "tokens=9", "--json"] + arguments)
        try #require(run.code == 0, "\(run.messages)")
        return try run.json()
    }

    @Test func theFirstThatDiffersIsALayerThatIsRounded() async throws {
        let report = try await compared("--precision", "int8")
        let nodes = try #require(report["nodes"] as? [[String: Any]])
        #expect(nodes.count > 30 && (report["unmatched"] as? [String])?.isEmpty == true)
        let first = try #require(report["first"] as? [String: Any])
        #expect(first["node"] as? String == "encoder.0.attn.qkv" && first["otherOp"] as? String == "quantized_linear")
        #expect(nodes.filter { ($0["error"] as? Double ?? 0) > 0.2 }.isEmpty)
        // In eight bits nothing is a thousandth off before the first layer.
        #expect(nodes.prefix { $0["node"] as? String != "encoder.0.attn.qkv" }.allSatisfy { $0["error"] as? Double == 0 })
    }

    @Test func aCompiledModelComputesTheSame() async throws {
        let made = await Command("compile", Shapes.model, "--function", "encode", "-o", folder.file("e.tess"))
        try #require(made.code == 0, "\(made.messages)")
        let run = await Command(
            "compare", Shapes.model, folder.file("e.tess"), "--function", "encode", "--random", "--bind", "tokens=9", "--tolerance", "0")
        #expect(run.code == 0 && run.output.contains("none is above 0.0"), "\(run.output) \(run.messages)")
        let flag = await Command("compare", Shapes.model, folder.file("e.tess"), "--function", "encode", "--random", "--precision", "int8")
        #expect(flag.code == 2 && flag.messages.contains("is compiled already"), "\(flag.messages)")
    }

    @Test func recordedTensorsAreReferences() async throws {
        let steps = folder.file("steps")
        let run = await Command(
            "run", Shapes.model, "--function", "encode", "--random", "--bind", "tokens=9", "--outputs", folder.file("out"), "--save-steps",
            steps,
            "--watch", "encoder.0.mlp.*", "--check-finite")
        try #require(run.code == 0, "\(run.messages)")
        #expect(run.messages.contains("encoder.0.mlp.fc1  gated_linear f32[1, 9, 341]: "), "\(run.messages)")
        let rows = try #require(
            JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: "\(steps)/steps.json"))) as? [[String: Any]])
        let row = try #require(rows.first { $0["node"] as? String == "encoder.1.norm1" })
        let norm = try NumpyFile.read("\(steps)/\(try #require(row["file"] as? String))")
        try SafeTensorsWriter.write(["encoder.1.norm1": norm, "no.such.node": norm], to: folder.file("hooks.safetensors"))
        let report = try await compared("--reference", folder.file("hooks.safetensors"))
        let nodes = try #require(report["nodes"] as? [[String: Any]])
        #expect(nodes.map { $0["node"] as? String } == ["encoder.1.norm1"] && nodes.first?["error"] as? Double == 0)
    }

    @Test func whatIsNotFiniteIsNamed() async throws {
        let inputs = [
            "tokens": Tensor([Float](repeating: .nan, count: 128), [1, 1, 128]), "emb": Tensor(zeros: .f32, [1, 1, 128]),
            "mask": Tensor(zeros: .bool, [1, 1, 1]),
        ]
        try SafeTensorsWriter.write(inputs, to: folder.file("in.safetensors"))
        let run = await Command(
            "run", Shapes.model, "--function", "encode", "--inputs", folder.file("in.safetensors"), "--outputs", folder.file("out"),
            "--check-finite")
        #expect(run.code == 1 && run.messages.contains("the input 'tokens' holds 128 NaN of 128 numbers"), "\(run.messages)")
        #expect(run.messages.contains("add 'encoder.input' is the first whose result is not finite: 128 NaN of 128"), "\(run.messages)")
    }
}
