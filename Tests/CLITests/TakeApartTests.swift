import Formats
import Foundation
import IR
import Testing

/// `opt`, `extract`, `bisect`, `reduce`, and text of the IR wherever a model is taken.
@Suite struct TakeApartTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func made(_ arguments: String...) async throws -> Command {
        let run = await Command(arguments)
        try #require(run.code == 0, "\(arguments): \(run.messages)")
        return run
    }

    @Test func rewrittenTextIsAModelLikeAnyOther() async throws {
        let text = folder.file("encode.ir")
        let run = try await made("opt", Shapes.model, "--function", "encode", "--pipeline", "clean", "-o", text)
        #expect(run.messages.contains("rewrites: ") && run.messages.contains("fuse-attention 6"), "\(run.messages)")
        let written = try String(contentsOfFile: text, encoding: .utf8)
        #expect(written.contains("stage(clean)") && written.contains("weights \"") && written.contains("gated_linear("))
        let flags = ["--function", "encode", "--random", "--bind", "tokens=9"]
        _ = await Command(["run", Shapes.model] + flags + ["--outputs", folder.file("a")])
        let again = await Command(["run", text] + flags + ["--outputs", folder.file("b")])
        #expect(again.code == 0, "\(again.messages)")
        #expect(try NumpyFile.read(folder.file("a/context.npy")) == NumpyFile.read(folder.file("b/context.npy")))
        let compared = try await made(
            "compare", Shapes.model, text, "--function", "encode", "--random", "--bind", "tokens=9", "--tolerance", "0", "--check")
        #expect(compared.output.contains("none is above 0.0"), "\(compared.output)")
        let summary = try await made("inspect", text)
        #expect(summary.output.contains("encode"))
        let compiled = try await made("compile", text, "-o", folder.file("e.tess"))
        #expect(compiled.code == 0)
        let timed = try await made("bench", text, "--function", "encode", "--bind", "tokens=9", "--runs", "1")
        #expect(timed.code == 0)
        let flag = await Command("inspect", text, "--part", "encoder")
        #expect(flag.code == 2 && flag.messages.contains("is text of the IR"), "\(flag.messages)")
    }

    @Test func textRoundTripsThroughOpt() async throws {
        let first = try await made("opt", Shapes.model, "--function", "encode", "-o", folder.file("a.ir"))
        #expect(first.messages.contains("wrote"))
        _ = try await made("opt", folder.file("a.ir"), "-o", folder.file("b.ir"))
        #expect(
            try String(contentsOfFile: folder.file("a.ir"), encoding: .utf8) == String(contentsOfFile: folder.file("b.ir"), encoding: .utf8)
        )
        let rules = try await made("opt", folder.file("a.ir"), "--passes", "fuse-attention,dead-code", "-o", folder.file("c.ir"))
        #expect(rules.messages.contains("rewrites: ") && !rules.messages.contains("fuse-gated"), "\(rules.messages)")
        let lowered = try await made("opt", folder.file("a.ir"), "--pipeline", "clean,int8,lower", "-o", folder.file("d.ir"))
        #expect(lowered.code == 0)
        let run = await Command(
            "run", folder.file("d.ir"), "--function", "encode", "--random", "--bind", "tokens=9", "--outputs", folder.file("out"))
        #expect(run.code == 0, "\(run.messages)")
    }

    @Test func wrongCallsOfOptAreRefused() async {
        for (arguments, words) in [
            (["--passes", "fuse-atention"], "fuse-attention"), (["--pipeline", "cleen"], "there are clean"),
            (["--pipeline", "clean", "--passes", "dead-code"], "exclude each other"), (["--disable", "dead-code"], "needs --pipeline"),
            (["--pipeline", "clean", "--disable", "quantize-linear"], "none of clean has that rule"), (["--function", "encod"], "encode"),
        ] {
            let run = await Command(["opt", Shapes.model] + arguments)
            #expect(run.code == 2 && run.messages.contains(words), "\(arguments): \(run.code) \(run.messages)")
        }
        let missing = await Command("opt", folder.file("no.ir"))
        #expect(missing.code == 1, "\(missing.messages)")
    }

    @Test func partsRunAsTextAndAsONNX() async throws {
        for file in ["block.ir", "block.onnx"] {
            let run = try await made(
                "extract", Shapes.model, "--function", "encode", "--from", "encoder.0.norm2", "--to", "encoder.0.mlp.fc2", "-o",
                folder.file(file))
            #expect(run.messages.contains("inputs encoder.0.norm2: f32[batch, tokens, 128]"), "\(run.messages)")
            let ran = await Command("run", folder.file(file), "--random", "--bind", "tokens=3", "--outputs", folder.file("out-" + file))
            #expect(ran.code == 0, "\(ran.messages)")
        }
        let a = try NumpyFile.read(folder.file("out-block.ir/encoder.0.mlp.fc2.npy"))
        let b = try NumpyFile.read(folder.file("out-block.onnx/encoder.0.mlp.fc2.npy"))
        #expect(a.shape == [1, 3, 128] && b.shape == a.shape)
        let wrong = await Command("extract", Shapes.model, "--function", "encode", "--to", "encoder.0.mlp.fc9", "-o", folder.file("x.ir"))
        #expect(wrong.code == 1 && wrong.messages.contains("--to") && wrong.messages.contains("encoder.0.mlp.fc"), "\(wrong.messages)")
        let nothing = await Command("extract", Shapes.model, "--function", "encode", "-o", folder.file("x.ir"))
        #expect(nothing.code == 2 && nothing.messages.contains("--to"), "\(nothing.messages)")
    }

    @Test func inputsMayBeThoseOfAnONNXTest() async throws {
        let folder = Shapes.folder + "/../onnx-encoder"
        let run = await Command(
            "compare", folder + "/model.onnx", "--inputs", folder + "/test_data_set_0", "--reference", "evaluate", "--check", "--tolerance",
            "1e-4")
        #expect(run.code == 0 && run.output.contains("none is above 0.0001"), "\(run.output) \(run.messages)")
        let search = await Command("bisect", folder + "/model.onnx", "--inputs", folder + "/test_data_set_0", "--tolerance", "1e-4")
        #expect(search.code == 0 && search.output.contains("passes the check"), "\(search.output) \(search.messages)")
        // Of text, the inputs have the same places.
        let text = self.folder.file("encoder.ir")
        _ = try await made("opt", folder + "/model.onnx", "-o", text)
        for flags in [
            ["profile", "--runs", "1", "--warmup", "0"], ["bench", "--runs", "1"], ["run", "--outputs", self.folder.file("encoder-out")],
        ] {
            let run = await Command([flags[0], text, "--inputs", folder + "/test_data_set_0"] + flags.dropFirst())
            #expect(run.code == 0, "\(flags): \(run.messages)")
            let wrong = await Command([flags[0], text, "--inputs", folder + "/test_data_set_0", "--seed", "1"] + flags.dropFirst())
            #expect(wrong.code == 2 && wrong.messages.contains("--seed is for random inputs"), "\(flags): \(wrong.messages)")
        }
    }

    @Test func theWrongRewriteIsFound() async throws {
        let flags = ["bisect", Shapes.model, "--function", "encode", "--bind", "tokens=9", "--json"]
        let run = await Command(flags + ["--inject-fault", "fuse-gated-mlp:2"])
        try #require(run.code == 0, "\(run.messages)")
        let culprit = try #require(try run.json()["culprit"] as? [String: Any])
        #expect(culprit["rule"] as? String == "fuse-gated-mlp" && culprit["promise"] as? String == "rounding", "\(culprit)")
        #expect((culprit["node"] as? String)?.contains("encoder.1.mlp") == true, "\(culprit)")
        #expect(try #require(culprit["errorBefore"] as? Double) < 1e-3 && #require(culprit["errorAfter"] as? Double) > 0.01)
        let good = await Command(flags)
        #expect(try good.json()["culprit"] == nil && good.code == 0)
    }

    @Test func aCommandMayJudge() async throws {
        let run = await Command(
            "bisect", Shapes.model, "--function", "encode", "--json", "--check", "! grep -q 'gated_linear(' {}")
        try #require(run.code == 0, "\(run.messages)")
        let culprit = try #require(try run.json()["culprit"] as? [String: Any])
        #expect(culprit["rule"] as? String == "fuse-gated-mlp", "\(culprit)")
        let never = await Command("bisect", Shapes.model, "--function", "encode", "--check", "false")
        #expect(never.code == 1 && never.messages.contains("before the first rewrite too"), "\(never.messages)")
        let broken = await Command("bisect", Shapes.model, "--function", "encode", "--check", "no-such-command-here")
        #expect(broken.code == 1 && broken.messages.contains("exit code 127"), "\(broken.messages)")
    }

    @Test func aCommandSeesLoweringToo() async throws {
        let flags = ["bisect", Shapes.model, "--function", "encode", "--json", "--check"]
        let run = await Command(flags + ["! grep -q '= pack(' {}"])
        try #require(run.code == 0, "\(run.messages)")
        let culprit = try #require(try run.json()["culprit"] as? [String: Any])
        #expect(culprit["rule"] as? String == "pack-weights", "\(culprit)")
        let blind = await Command(flags + ["! grep -q 'stage(lowered)' {}"])
        #expect(try blind.json()["culprit"] == nil && blind.messages.contains("rewrites of lowering were left out"), "\(blind.messages)")
    }

    @Test func partsGetTheValuesOfTheWhole() async throws {
        let (encoder, text) = (Shapes.folder + "/../onnx-encoder", folder.file("part.ir"))
        let run = await Command(
            "reduce", encoder + "/model.onnx", "--inputs", encoder + "/test_data_set_0", "--inject-fault", "fuse-attention:1", "-o", text,
            "--json")
        try #require(run.code == 0, "\(run.messages)")
        let report = try run.json()
        #expect(try #require(report["nodes"] as? Int) < #require(report["nodesBefore"] as? Int) / 2, "\(report)")
        let inputs = (report["inputs"] as? String).map { ["--inputs", $0] } ?? ["--random"]
        let again = await Command(
            ["compare", text, "--reference", "evaluate", "--inject-fault", "fuse-attention:1", "--check"] + inputs)
        #expect(again.code == 1, "\(again.output) \(again.messages)")
    }

    @Test func whatFailsBecomesSmall() async throws {
        let text = folder.file("case.ir")
        let run = await Command(
            "reduce", Shapes.model, "--function", "encode", "--bind", "tokens=9", "--inject-fault", "fuse-gated-mlp:1", "-o", text, "--json"
        )
        try #require(run.code == 0, "\(run.messages)")
        let report = try run.json()
        #expect(try #require(report["nodes"] as? Int) <= 4 && #require(report["error"] as? Double) > 1e-3, "\(report)")
        #expect(report["constants"] == nil)
        let again = await Command("compare", text, "--random", "--reference", "evaluate", "--inject-fault", "fuse-gated-mlp:1", "--check")
        #expect(again.code == 1, "\(again.output) \(again.messages)")
        let well = await Command("compare", text, "--random", "--reference", "evaluate", "--check", "--tolerance", "1e-4")
        #expect(well.code == 0, "\(well.output) \(well.messages)")
        let fine = await Command("reduce", Shapes.model, "--function", "encode", "--bind", "tokens=9", "-o", text)
        #expect(fine.code == 1 && fine.messages.contains("passes the check as it is"), "\(fine.messages)")
    }

    @Test func nodesAndStagesAreShown() async throws {
        let flags = ["inspect", Shapes.model, "--function", "encode"]
        let nodes = await Command(flags + ["--node", "encoder.0.mlp.*", "--stage", "clean"])
        #expect(nodes.output.contains("gated_linear(") && nodes.output.contains("func @encode"), "\(nodes.output) \(nodes.messages)")
        let around = await Command(flags + ["--around", "encoder.0.attn", "1", "--stage", "clean"])
        #expect(around.output.contains("▸") && around.output.contains("encoder.0.attn.qkv"), "\(around.output) \(around.messages)")
        let passes = await Command(flags + ["--passes"])
        #expect(passes.output.contains("fuse-attention") && passes.output.contains("nodes became"), "\(passes.output) \(passes.messages)")
        let difference = await Command(flags + ["--diff", "imported"])
        #expect(
            difference.output.contains("gated_linear(") && difference.output.contains("(imported)"),
            "\(difference.output) \(difference.messages)")
        let same = await Command(flags + ["--diff", Shapes.model])
        #expect(same.output == "no difference\n", "\(same.output)")
        for (wrong, words) in [
            (["--around"], "around"), (["--node", "nothing.*"], "no node is called"), (["--passes", "--cost"], "two reports"),
            (["--passes", "--stage", "imported"], "--passes needs"), (["--around", "a", "b"], "--around takes"),
        ] {
            let run = await Command(flags + wrong)
            #expect(run.code != 0 && run.messages.contains(words), "\(wrong): \(run.messages)")
        }
    }
}
