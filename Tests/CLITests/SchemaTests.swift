import Formats
import Foundation
import IR
import TestSupport
import Testing

@testable import CLI

/// `Docs/schemas` against what the commands print with --json.
@Suite struct SchemaTests {
    private static let folder = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Docs/schemas")
    private static let suffix = ".schema.json"

    private static func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { file in
            try #require(file.hasSuffix(suffix), "\(file)")
            return String(file.dropLast(suffix.count))
        }
    }

    private static func schema(_ name: String) throws -> JSONSchema {
        try JSONSchema(String(contentsOf: folder.appendingPathComponent(name + suffix), encoding: .utf8))
    }

    /// What the schema `name` finds wrong with the output of a command.
    private func problems(_ name: String, _ arguments: [String]) async throws -> [String] {
        let run = await Command(arguments + ["--json"])
        try #require(run.code == 0, "\(arguments): \(run.messages)")
        return try Self.schema(name).problems(JSONDocument(run.output))
    }

    /// Arguments of a call: words, in which MODEL, BUNDLE, PHOTO and OUT stand for paths.
    private static func words(_ call: String, _ out: TemporaryFolder) -> [String] {
        call.split(separator: " ").map { word in
            String(word).replacing("MODEL", with: Shapes.model).replacing("BUNDLE", with: Shapes.folder)
                .replacing("PHOTO", with: Shapes.image("007_rgb.png")).replacing("OUT", with: out.path)
        }
    }

    private static let calls: [(String, String)] = [
        ("inspect", "inspect MODEL"),
        ("inspect", "inspect BUNDLE"),
        ("inspect", "inspect BUNDLE/tok_rgb.safetensors --stage clean"),
        ("inspect-cost", "inspect MODEL --cost --function encode"),
        ("inspect-ops", "inspect MODEL --ops"),
        ("inspect-memory", "inspect MODEL --memory --function encode"),
        ("inspect-weights", "inspect MODEL --weights --top 20"),
        ("inspect-values", "inspect MODEL --weights --node encoder.0.* --values"),
        ("inspect-values", "inspect MODEL --weights --node encoder.0.* --save OUT/values"),
        ("inspect-nodes", "inspect MODEL --node encoder.0.*"),
        ("inspect-nodes", "inspect MODEL --function encode --stage clean --around encoder.0.attn.qkv 2"),
        ("inspect-passes", "inspect MODEL --passes --function encode"),
        ("inspect-diff", "inspect MODEL --function encode --diff imported"),
        ("inspect-lint", "inspect MODEL --lint"),
        ("inspect-weights", "inspect MODEL --weights --node encoder.0.*"),
        ("profile", "profile MODEL --function encode --random --bind tokens=9 --runs 1 --warmup 0"),
        ("compare", "compare MODEL --function encode --random --bind tokens=9 --precision int8"),
        ("bench", "bench MODEL --function encode --bind tokens=9 --runs 1"),
        ("bench", "bench BUNDLE --runs 1 --warmup 0"),
        ("bisect", "bisect MODEL --function encode --bind tokens=9 --inject-fault fuse-gated-mlp:2"),
        ("bisect", "bisect MODEL --function encode --check true"),
        ("reduce", "reduce MODEL --function encode --bind tokens=9 --inject-fault fuse-gated-mlp:1 -o OUT/case.ir"),
        ("run", "run MODEL --function encode --random --bind tokens=9 --outputs OUT/run --verbose"),
        ("evaluate", "evaluate BUNDLE --precision int8 --data PHOTO --target tok_depth@224 --target caption"),
        ("compile", "compile MODEL --function encode --precision int8 -o OUT/e.tess"),
        ("compile", "compile MODEL --keep rgb->caption -o OUT/kept.tess"),
        ("export", "export MODEL --function encode -o OUT/e.onnx"),
        ("init", "init --preset tok-human-poses-1k -o OUT/poses.safetensors"),
        ("init", "init --list"),
        ("pull", "pull --list"),
        ("tokenize", "tokenize BUNDLE --modality rgb PHOTO -o OUT/t.npy"),
        ("features", "features MODEL PHOTO -o OUT/f.npy"),
        ("generate", "generate BUNDLE --input rgb@224=PHOTO --target tok_depth@224,det,caption --steps 2 -o OUT/generated"),
        ("train-wordpiece", "train wordpiece BUNDLE/images/labels.json -o OUT/tokenizer.json --coord-bins 10"),
        ("ops", "ops"),
        ("ops", "ops softmax"),
        ("passes", "passes"),
        ("passes", "passes --precision int8"),
        ("kernels", "kernels"),
        ("kernels", "kernels --bench 4,64,64"),
        ("kernels", "kernels --bench-conv 4,4,8,8"),
    ]

    @Test(arguments: calls) func printedIsAsSaid(schema: String, call: String) async throws {
        let out = try TemporaryFolder()
        let found = try await problems(schema, Self.words(call, out))
        #expect(found == [], "Docs/schemas/\(schema).schema.json")
    }

    @Test func whatFollowsOnOthersIsAsSaid() async throws {
        let out = try TemporaryFolder()
        for number in 0..<2 {
            try FileManager.default.createDirectory(atPath: out.file("data/rgb/a"), withIntermediateDirectories: true)
            try FileManager.default.copyItem(atPath: Shapes.image("00\(number)_rgb.png"), toPath: out.file("data/rgb/a/\(number).png"))
        }
        let dataset = ["tokenize", Shapes.folder, "--dataset", out.file("data"), "--modality", "rgb", "-o", out.file("tokens")]
        #expect(try await problems("tokenize", dataset + ["--dry-run"]) == [])
        #expect(try await problems("tokenize", dataset) == [])
        let index = out.file("index.safetensors")
        #expect(try await problems("embed", ["embed", Shapes.folder, out.file("data/rgb/a"), "-o", index, "--features"]) == [])
        #expect(try await problems("search", ["search", Shapes.folder, index, "--input", "rgb@224=" + Shapes.image("000_rgb.png")]) == [])
        let tokens = out.file("t.npy")
        let made = await Command("tokenize", Shapes.folder, "--modality", "depth", Shapes.image("007_depth.png"), "-o", tokens)
        try #require(made.code == 0, "\(made.messages)")
        #expect(
            try await problems("detokenize", ["detokenize", Shapes.folder, "--modality", "depth", tokens, "-o", out.file("d.png")]) == [])
        try FileManager.default.createDirectory(atPath: out.file("odd"), withIntermediateDirectories: true)
        try out.write(#"{"kind": "oddity"}"#, "odd/case.json")
        #expect(try await problems("test", ["test", out.file("odd")]) == [])
    }

    /// An ONNX file that cannot be imported; the exit code is not 0.
    @Test func whatIsSaidOfAFileIsAsSaid() async throws {
        let out = try TemporaryFolder()
        let graph = ONNXBytes.graph(
            [ONNXBytes.node("Fancy", ["x", "w"], ["y"])], inputs: [ONNXBytes.value("x", 1, ["n", "2"]), ONNXBytes.value("w", 1, ["1"])],
            outputs: [ONNXBytes.value("y", 1, nil).text(3, "the result")], initializers: [ONNXBytes.floats("w", [1], [1])])
        let path = out.file("m.onnx")
        try Data(ONNXBytes.model(graph)).write(to: URL(fileURLWithPath: path))
        let run = await Command("inspect", path, "--json")
        #expect(run.code == 3)
        #expect(try Self.schema("inspect").problems(JSONDocument(run.output)) == [])
        #expect(try await problems("inspect-lint", ["inspect", path, "--lint"]) == [])
    }

    /// Arrays, and a checkpoint of no known family.
    @Test func whatIsSaidOfTensorsIsAsSaid() async throws {
        let out = try TemporaryFolder()
        let array = out.file("a.npy")
        try NumpyFile.write(Tensor([1, 2, .nan], [3]), to: array)
        #expect(try await problems("inspect-tensors", ["inspect", array]) == [])
        #expect(try await problems("inspect-tensors", ["inspect", array, "--values", "--save", out.file("saved")]) == [])
        let loose = out.file("loose.safetensors")
        try SafeTensorsWriter.write([Constant(key: "w", Tensor([1, 2], [1, 2]))], to: loose)
        #expect(try await problems("inspect-tensors", ["inspect", loose]) == [])
        let text = await Command("inspect", loose)
        #expect(text.code == 0 && text.output.contains("no family was recognised") && text.output.contains("w: f32[1, 2]"))
        #expect(await Command("inspect", array, "--cost").messages.contains("--cost is for models"))
    }

    @Test func whatIsSaidOfONNXNodesIsAsSaid() async throws {
        let out = try TemporaryFolder()
        let node = ONNXBytes.node("Relu", ["x"], ["t"], name: "act").text(6, "doc").message(9, ProtobufBytes().text(1, "k").text(2, "v"))
        let graph = ONNXBytes.graph(
            [node, ONNXBytes.node("Transpose", ["t"], ["y"])], inputs: [ONNXBytes.value("x", 1, ["n", "2"])],
            outputs: [ONNXBytes.value("y", 1, nil)])
        let path = out.file("m.onnx")
        try Data(ONNXBytes.model(graph)).write(to: URL(fileURLWithPath: path))
        for stage in ["imported", "lowered"] {
            #expect(try await problems("inspect-nodes", ["inspect", path, "--node", "*", "--stage", stage]) == [])
        }
        #expect(try await problems("inspect", ["inspect", path]) == [])
    }

    /// Numbers that JSON lacks.
    @Test func whatIsNotFiniteIsAText() async throws {
        let run = await Command("compare", Shapes.model, Shapes.model, "--function", "encode", "--random", "--bind", "tokens=9", "--json")
        var document = try JSONDocument(run.output)
        guard case .table(var table) = document, case .list(var nodes)? = table["nodes"], case .table(var node)? = nodes.first else {
            Issue.record("compare prints nodes")
            return
        }
        for (error, isAllowed) in [(JSONDocument.text("inf"), true), (.text("nan"), true), (.text("infinite"), false), (.null, false)] {
            node["error"] = error
            nodes[0] = .table(node)
            table["nodes"] = .list(nodes)
            document = .table(table)
            #expect(try Self.schema("compare").problems(document).isEmpty == isAllowed, "\(error)")
        }
    }

    @Test func everyCommandWithJSONHasASchema() throws {
        let commands = try CommandTree.current().leaves.filter { leaf in
            leaf.command.shownArguments.contains { argument in (argument.names ?? []).contains { $0.text == "--json" } }
        }.map { $0.words.joined(separator: "-") }
        #expect(commands.count > 15)
        let names = try Self.names()
        for command in commands { #expect(names.contains(command), "Docs/schemas/\(command).schema.json is missing") }
        for name in names {
            #expect(commands.contains(name) || commands.contains(name.split(separator: "-").first.map(String.init) ?? ""), "\(name)")
        }
    }

    @Test func everyPropertyIsDescribed() throws {
        for name in try Self.names() {
            let found = try Self.schema(name).undescribed
            #expect(found == [], "\(name)")
        }
    }
}
