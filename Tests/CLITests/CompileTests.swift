import Formats
import Foundation
import IR
import Passes
import TestSupport
import Testing

@testable import CLI

/// `compile`, and the commands that take what it writes.
@Suite struct CompileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// Compiles `model` into `name` in the folder of this test.
    private func compile(_ model: String, _ name: String, _ more: String...) async throws -> String {
        let run = await Command(["compile", model, "-o", folder.file(name)] + more)
        try #require(run.code == 0, "\(run.messages)")
        return folder.file(name)
    }

    private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path)) }

    @Test(arguments: ["f32", "bf16", "int8", "int4"]) func aCompiledModelRunsAsItsCheckpoint(precision: String) async throws {
        let file = try await compile(Shapes.model, "fm.tess", "--precision", precision)
        func out(_ name: String, _ more: [String]) async throws -> Data {
            let call = ["--function", "encode", "--random", "--bind", "tokens=9", "--outputs", folder.file(name)]
            let run = await Command(["run"] + more + call)
            #expect(run.code == 0, "\(run.messages)")
            return try bytes(folder.file(name + "/out.npy"))
        }
        let expected = try await out("a", [Shapes.model, "--precision", precision])
        #expect(try await out("b", [file]) == expected)
        let bench = await Command("bench", file, "--function", "encode", "--bind", "tokens=9", "--runs", "2", "--json")
        #expect(bench.code == 0 && bench.output.contains("\"median_ms\""), "\(bench.messages)")
    }

    /// Weights rounded for pictures: the same bytes again, nearer to f32 than those that are rounded to the nearest, and told of.
    @Test func picturesDecideHowWeightsAreRounded() async throws {
        let pictures = Shapes.folder + "/images/*_rgb.png"
        let flags = ["--precision", "int4", "--calibrate", pictures, "--samples", "3", "--override", "decoder.5.*=int8"]
        let report = await Command(["compile", Shapes.folder, "-o", folder.file("b"), "--json"] + flags)
        try #require(report.code == 0, "\(report.messages)")
        let files = try #require(try report.json()["files"] as? [[String: Any]])
        let model = try #require(files.first)
        let layers = try #require(model["rounded"] as? [[String: Any]])
        #expect(layers.count > 50 && layers.allSatisfy { ($0["calls"] as? Int ?? 0) > 0 })
        let schemes = Dictionary(layers.map { ($0["node"] as? String ?? "", $0["scheme"] as? String ?? "") }) { first, _ in first }
        #expect(schemes["decoder.5.self_attn.qkv"] == "int8" && schemes["decoder.4.self_attn.qkv"] == "int4")
        #expect((model["outputs"] as? [[String: Any]])?.isEmpty == false)
        func depth(_ more: String...) async throws -> Double {
            let run = await Command(
                ["evaluate", Shapes.folder] + more + ["--data", pictures, "--samples", "3", "--target", "depth", "--json"])
            try #require(run.code == 0, "\(run.messages)")
            let targets = try #require(try run.json()["targets"] as? [[String: Any]])
            #expect(targets.map { $0["target"] as? String } == ["tok_depth@224"])
            return try #require(targets[0]["equalTokens"] as? Double)
        }
        let (calibrated, nearest) = (try await depth(folder.file("b")), try await depth("--precision", "int4"))
        #expect(calibrated > nearest && calibrated > 0.88, "\(calibrated) \(nearest)")
        let again = await Command(["compile", Shapes.folder, "-o", folder.file("c")] + flags)
        #expect(again.code == 0 && again.output.contains("that lost most"), "\(again.messages)")
        #expect(try bytes(folder.file("b/fm.tess")) == bytes(folder.file("c/fm.tess")))
        let twice = await Command("evaluate", folder.file("b"), "--precision", "int8", "--data", pictures)
        #expect(twice.code == 2 && twice.messages.contains("is compiled already"), "\(twice.messages)")
        let recompiled = await Command(["compile", folder.file("b"), "-o", folder.file("d")] + flags)
        #expect(recompiled.code == 2 && recompiled.messages.contains("is compiled already"), "\(recompiled.messages)")
    }

    @Test func aBudgetRaisesLayers() async throws {
        let pictures = Shapes.folder + "/images/*_rgb.png"
        func mixed(_ budget: String) async throws -> (raised: Int, error: Double, bytes: Int) {
            let run = await Command(
                "compile", Shapes.folder, "-o", folder.file(budget), "--keep", "tok_depth->caption", "--precision", "int4", "--calibrate",
                pictures,
                "--samples", "2", "--budget", budget, "--json")
            try #require(run.code == 0, "\(run.messages)")
            let files = try #require(try run.json()["files"] as? [[String: Any]])
            let tokenizer = try #require(files.first { ($0["file"] as? String)?.hasSuffix("tok_depth.tess") == true })
            let mixed = try #require((tokenizer["mixed"] as? [[String: Any]])?.first)
            return (
                (mixed["raised"] as? [String])?.count ?? -1, try #require(mixed["error"] as? Double),
                try #require(tokenizer["bytes"] as? Int)
            )
        }
        let (near, small) = (try await mixed("error=5%"), try await mixed("bits=5"))
        let (less, more) = (try await mixed("bits=4.6"), try await mixed("bits=7"))
        #expect(less.raised < more.raised && less.bytes < more.bytes, "\(less) \(more)")
        #expect(near.error <= 0.05 && near.raised > 0 && small.raised > 0, "\(near) \(small)")
        // What was raised is told of, though rounding is not.
        let inspect = await Command("inspect", folder.file("bits=5/tok_depth.tess"))
        #expect(inspect.output.contains("raised to w8: "), "\(inspect.output)")
        let tight = await Command(
            "compile", Shapes.model, "-o", folder.file("s.tess"), "--precision", "int4", "--calibrate", pictures, "--samples", "1",
            "--budget", "size=1kB")
        #expect(tight.code == 1 && tight.messages.contains("do not hold"), "\(tight.messages)")
    }

    /// The page stands alone, and what files call their layers cannot break out of it.
    @Test func theReportIsOnePage() async throws {
        _ = try await compile(
            Shapes.folder + "/tok_depth.safetensors", "t.tess", "--precision", "int4", "--report", folder.file("r.html"))
        let page = try String(contentsOfFile: folder.file("r.html"), encoding: .utf8)
        #expect(page.hasPrefix("<!doctype html>") && page.contains("<svg") && page.contains("encoder.blocks.0.attn.qkv"))
        #expect(!page.contains("http:") && !page.contains("https:") && !page.contains("src="))
        let layer = RoundedLayer(
            node: "<script>x</script>&\u{7}", weight: "w", scheme: "int8", count: 1, calls: 0, sqnr: 200, nearestSQNR: -3, cosine: 1,
            bytes: 1)
        let file = CompileReport.File(
            file: "a\"<b>.tess", functions: ["f"], sourceBytes: 1, bytes: 1, seconds: 1, rounded: [layer], outputs: [], times: [],
            mixed: [])
        let html = ReportPage(report: CompileReport([file], precision: "int8", .generic)).html
        #expect(
            html.contains("&lt;script&gt;x&lt;/script&gt;&amp;\u{fffd}") && html.contains("a&quot;&lt;b&gt;.tess") && html.contains("exact")
        )
    }

    /// Recorded inputs of one function of a checkpoint.
    @Test func recordedInputsDecideHowWeightsAreRounded() async throws {
        let calls = folder.file("calls/encode")
        for seed in 1...2 {
            let place = "\(calls)/\(seed)"
            try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            var draw = SampleTensors(seed: UInt64(seed))
            for (name, tensor) in [
                ("tokens", draw.floats([1, 30, 128])), ("emb", draw.floats([1, 30, 128])),
                ("mask", Tensor(bools: [Bool](repeating: false, count: 30), [1, 1, 30])),
            ] { try NumpyFile.write(tensor, to: "\(place)/\(name).npy") }
        }
        let file = try await compile(
            Shapes.model, "e.tess", "--function", "encode", "--precision", "int8", "--calibrate", folder.file("calls"))
        let run = await Command("evaluate", Shapes.model, file, "--data", folder.file("calls"), "--json")
        try #require(run.code == 0, "\(run.messages)")
        let outputs = try #require(try run.json()["outputs"] as? [[String: Any]])
        let out = try #require(outputs.first { $0["output"] as? String == "out" })
        #expect(out["calls"] as? Int == 2 && (out["sqnr"] as? Double ?? 0) > 25, "\(outputs)")
        let wrong = await Command(
            "compile", Shapes.model, "-o", folder.file("w.tess"), "--precision", "int8", "--calibrate", folder.file("calls/encode"))
        #expect(wrong.code == 1 && wrong.messages.contains("no folder called as a function"), "\(wrong.messages)")
    }

    @Test func reportAndSameBytes() async throws {
        let first = await Command("compile", Shapes.model, "--function", "encode", "-o", folder.file("a.tess"), "--json")
        #expect(first.code == 0, "\(first.messages)")
        let report = try first.json()
        #expect(report["precision"] as? String == "f32")
        let files = try #require(report["files"] as? [[String: Any]])
        #expect(files.count == 1 && files[0]["functions"] as? [String] == ["encode"])
        #expect(try files[0]["bytes"] as? Int == bytes(folder.file("a.tess")).count)
        _ = try await compile(Shapes.model, "b.tess", "--function", "encode")
        #expect(try bytes(folder.file("a.tess")) == bytes(folder.file("b.tess")))
        // A function alone needs no --function.
        let run = await Command("run", folder.file("a.tess"), "--random", "--bind", "tokens=3", "--outputs", folder.file("out"))
        #expect(run.code == 0, "\(run.messages)")
    }

    /// Weights for another machine's kernels are packed anew when they are read.
    @Test func otherTargetsRunHere() async throws {
        let native = try await compile(Shapes.model, "native.tess", "--function", "encode", "--precision", "int8", "--target", "avx2")
        let other = try await compile(Shapes.model, "other.tess", "--function", "encode", "--precision", "int8", "--target", "avx512")
        #expect(try bytes(native) != bytes(other))
        for (file, name) in [(native, "a"), (other, "b")] {
            let run = await Command("run", file, "--random", "--bind", "tokens=9", "--outputs", folder.file(name))
            #expect(run.code == 0, "\(run.messages)")
        }
        #expect(try bytes(folder.file("a/out.npy")) == bytes(folder.file("b/out.npy")))
    }

    @Test func aCompiledBundleGeneratesTheSame() async throws {
        let compiled = try await compile(Shapes.folder, "bundle", "--precision", "int8")
        func tokens(_ bundle: String, _ name: String, _ more: [String]) async throws -> [Data] {
            let input = "rgb@224=\(Shapes.image("000_rgb.png"))"
            let run = await Command(
                ["generate", bundle, "--input", input, "--target", "tok_depth,caption", "--seed", "3", "-o", folder.file(name)] + more)
            #expect(run.code == 0, "\(run.messages)")
            return try ["caption", "tok_depth@224"].map { try bytes(folder.file("\(name)/\($0).tokens.npy")) }
        }
        let expected = try await tokens(Shapes.folder, "a", ["--precision", "int8"])
        #expect(try await tokens(compiled, "b", []) == expected)
        let inspect = await Command("inspect", compiled)
        #expect(inspect.code == 0 && inspect.output.contains("fm.tess"), "\(inspect.messages)")
    }

    /// What no kept path reaches is gone, and what is kept does what it did.
    @Test func onlyWhatIsKept() async throws {
        let whole = try await compile(Shapes.model, "whole.tess")
        let part = try await compile(Shapes.model, "part.tess", "--keep", "rgb->depth,caption")
        #expect(try bytes(part).count < bytes(whole).count * 9 / 10)
        let inspect = await Command("inspect", part)
        #expect(inspect.output.contains("left out, since nothing kept reaches them") && inspect.output.contains("logits.det"))
        #expect(inspect.output.contains("with --keep rgb->depth,caption"), "\(inspect.output)")

        let bundle = try await compile(Shapes.folder, "bundle", "--keep", "rgb->depth", "--keep", "rgb->caption")
        let files = try Set(FileManager.default.contentsOfDirectory(atPath: bundle))
        #expect(files == ["bundle.yaml", "fm.tess", "text_tokenizer.json", "tok_depth.tess"])
        for (name, source) in [("a", Shapes.folder), ("b", bundle)] {
            let input = "rgb@224=\(Shapes.image("001_rgb.png"))"
            let run = await Command(
                "generate", source, "--input", input, "--target", "tok_depth,caption", "--seed", "5", "-o", folder.file(name))
            #expect(run.code == 0, "\(run.messages)")
        }
        for file in ["tok_depth@224.npy", "caption.txt"] { #expect(try bytes(folder.file("a/" + file)) == bytes(folder.file("b/" + file))) }
        let other = await Command("generate", bundle, "--prompt", "a red cube", "--target", "det", "-o", folder.file("c"))
        #expect(other.code == 2 && other.messages.contains("cannot generate 'det'"), "\(other.messages)")
    }

    /// The `bundle.yaml` of other models is not replaced; that of an earlier run is.
    @Test func anotherBundleIsLeftAlone() async throws {
        let bundle = folder.file("own")
        try FileManager.default.copyItem(atPath: Shapes.folder, toPath: bundle)
        let before = try bytes(bundle + "/bundle.yaml")
        let refused = await Command("compile", bundle, "-o", bundle)
        #expect(refused.code == 2 && refused.messages.contains("give another folder"), "\(refused.messages)")
        #expect(try bytes(bundle + "/bundle.yaml") == before)
        for _ in 0..<2 { _ = try await compile(bundle, "compiled", "--keep", "caption->depth") }
    }

    @Test func anONNXModelToo() async throws {
        let model = URL(fileURLWithPath: Shapes.folder).deletingLastPathComponent().path + "/onnx-encoder/model.onnx"
        let file = try await compile(model, "onnx.tess")
        let run = await Command("run", file, "--random", "--bind", "b=1", "--bind", "n=4", "--outputs", folder.file("out"))
        #expect(run.code == 0, "\(run.messages)")
    }

    @Test func inspectVerifies() async throws {
        let file = try await compile(Shapes.folder + "/tok_depth.safetensors", "tok.tess", "--precision", "int8")
        let sound = await Command("inspect", file, "--verify")
        #expect(sound.code == 0 && sound.messages.contains("all checksums fit"), "\(sound.messages)")
        #expect(sound.output.contains("packed ") && !sound.output.contains("i8 0 B"), "\(sound.output)")
        #expect(sound.output.contains("format 2, int8 for") && sound.output.contains("from tok_depth.safetensors"), "\(sound.output)")
        var damaged = try bytes(file)
        damaged[damaged.count - 100] ^= 1
        try damaged.write(to: URL(fileURLWithPath: file))
        let found = await Command("inspect", file, "--verify")
        #expect(found.code == 1 && found.messages.contains("are damaged"), "\(found.messages)")
    }

    @Test func whatIsCompiledTakesNoFlagsOfCompiling() async throws {
        let file = try await compile(Shapes.model, "fm.tess", "--function", "encode")
        let calls: [([String], String)] = [
            (["compile", file, "--precision", "int8", "-o", folder.file("again.tess")], "--precision int8: \(file) is compiled already"),
            (["run", file, "--random", "--precision", "int8", "--outputs", folder.file("o")], "is compiled already, in f32"),
            (["bench", file, "--disable", "fuse-gelu"], "is compiled already"),
            (["inspect", file, "--stage", "clean"], "lowered is its only stage"),
            (["inspect", file, "--lora", "x.safetensors"], "--lora is for checkpoints"),
            (["inspect", Shapes.model, "--verify"], "--verify is for compiled models"),
            (["compile", Shapes.model, "--inputs", "in", "-o", folder.file("n.tess")], "--inputs is for ONNX models"),
            (["compile", Shapes.model, "--bind", "n=3", "-o", folder.file("n.tess")], "is for ONNX models"),
        ]
        for (call, words) in calls {
            let run = await Command(call)
            #expect(run.code == 2 && run.messages.contains(words), "\(call): \(run.code) \(run.messages)")
        }
        let export = await Command("export", file, "--function", "encode", "-o", folder.file("e.onnx"))
        #expect(export.code == 1 && export.messages.contains("is a compiled model"), "\(export.messages)")
    }
}
