import Formats
import Foundation
import IR
import Testing

@testable import CLI

@Suite struct BenchTests {
    /// The object in the last line of standard output.
    private func report(_ run: Command) throws -> [String: Any] {
        let line = try #require(run.output.split(separator: "\n").last)
        return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    @Test(arguments: ["f32", "bf16", "int8"]) func oneObjectWithTheFigures(precision: String) async throws {
        let run = await Command(
            "bench", Shapes.model, "--function", "encode", "--bind", "tokens=7", "--precision", precision, "--runs", "3", "--json")
        #expect(run.code == 0, "\(run.messages)")
        let json = try report(run)
        for name in ["median_ms", "min_ms", "mean_ms", "sd_ms", "p90_ms", "p99_ms", "first_ms", "compile_ms", "gflops"] {
            #expect(json[name] as? Double ?? 0 > 0, "\(name)")
        }
        #expect(json["precision"] as? String == precision && json["runs"] as? Int == 3)
        #expect((json["sizes"] as? [String: Int])?["tokens"] == 7)
    }

    /// The rules of the plan are rules of a bundle's models too.
    @Test func rulesReachTheModelsOfABundle() async throws {
        let run = await Command("bench", Shapes.folder, "--disable", "pack-weights", "--runs", "1", "--warmup", "0")
        #expect(run.code == 0 && !run.messages.contains("cannot be timed"), "\(run.messages)")
    }

    /// `--disable`, `--stop-after` and `--dump-after` reach the pipelines of `--precision` and of the plan.
    @Test func pipelineFlagsHoldForThePrecision() async throws {
        let folder = try TemporaryFolder()
        func last(_ name: String, _ more: [String]) async throws -> (name: String, text: String) {
            let run = await Command(
                [
                    "bench", Shapes.model, "--function", "encode", "--bind", "tokens=4", "--precision", "int8", "--runs", "1", "--warmup",
                    "0",
                    "--dump-after", folder.file(name),
                ] + more)
            #expect(run.code == 0, "\(run.messages)")
            let last = try #require(try FileManager.default.contentsOfDirectory(atPath: folder.file(name)).max())
            return (last, try String(contentsOfFile: folder.file(name) + "/" + last, encoding: .utf8))
        }
        let whole = try await last("whole", [])
        #expect(whole.name.hasSuffix("-join-elementwise.ir") && whole.text.contains("quantized_linear"))
        #expect(try await !last("without", ["--disable", "quantize-linear"]).text.contains("quantized_linear"))
        #expect(try await !last("stopped", ["--stop-after", "1"]).text.contains("quantized_linear"))
        let other = await Command("bench", Shapes.model, "--function", "encode", "--precision", "bf16", "--disable", "quantize-linear")
        #expect(other.code == 2 && other.messages.contains("it is of --precision int8"), "\(other.messages)")
        #expect(whole.text.contains("= pack("))
        #expect(try await !last("unpacked", ["--disable", "pack-weights"]).text.contains("= pack("))
    }

    @Test func functionsFeedEachOther() async throws {
        let folder = try TemporaryFolder()
        let arguments = [
            "bench", Shapes.model, "--function", "decode_unmasked", "--function", "logits.caption", "--feed", "y=out", "--bind", "tokens=5",
            "--bind", "n=3", "--bind", "targets=3", "--runs", "1", "--outputs", folder.path,
        ]
        let run = await Command(arguments)
        #expect(run.code == 0, "\(run.messages)")
        let (out, logits) = (try NumpyFile.read(folder.file("out.npy")), try NumpyFile.read(folder.file("logits.npy")))
        #expect(out.shape == [1, 3, 128] && logits.shape == [1, 3, 615])
        try FileManager.default.createDirectory(atPath: folder.file("in"), withIntermediateDirectories: true)
        try NumpyFile.write(out, to: folder.file("in/y.npy"))
        let alone = await Command(
            "run", Shapes.model, "--function", "logits.caption", "--inputs", folder.file("in"), "--outputs", folder.file("alone"))
        #expect(alone.code == 0, "\(alone.messages)")
        #expect(try NumpyFile.read(folder.file("alone/logits.npy")) == logits)
    }

    @Test(arguments: ["bf16", "int8"]) func lowerPrecisionStaysNear(precision: String) async throws {
        let folder = try TemporaryFolder()
        for (name, type) in [("exact", "f32"), ("rounded", precision)] {
            let run = await Command(
                "bench", Shapes.model, "--function", "encode", "--bind", "tokens=20", "--precision", type, "--runs", "1", "--outputs",
                folder.file(name))
            #expect(run.code == 0, "\(run.messages)")
        }
        let exact = try NumpyFile.read(folder.file("exact/context.npy")).doubles
        let rounded = try NumpyFile.read(folder.file("rounded/context.npy")).doubles
        let error = zip(exact, rounded).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        let size = exact.reduce(0.0) { $0 + $1 * $1 }
        let relative = (error / size).squareRoot()
        #expect(relative > 0 && relative < (precision == "bf16" ? 0.02 : 0.15), "\(relative)")
    }

    @Test func kernelCandidatesAreTimed() async throws {
        let json = try await Command("kernels", "--bench", "1,40,50", "--json").json()
        let candidates = try #require(json["candidates"] as? [[String: Any]])
        #expect(candidates.count == 18)
        for type in ["f32", "bf16", "f16", "w8", "w4", "w4a8", "i8", "i7", "f64"] {
            let picked = candidates.filter { $0["type"] as? String == type && $0["picked"] as? Bool == true }
            #expect(picked.count == 1, "\(type)")
            if type == "f32" { #expect(picked.first?["kernel"] as? String == "few_rows") }
        }
    }

    @Test func convolutionsAreTimedByEveryAlgorithm() async throws {
        let json = try await Command("kernels", "--bench-conv", "8,40,12,10", "--json").json()
        let candidates = try #require(json["candidates"] as? [[String: Any]])
        #expect(candidates.count == 12)
        for type in ["f32", "bf16", "f16", "i8"] {
            let own = candidates.filter { $0["type"] as? String == type }
            #expect(own.compactMap { $0["kernel"] as? String } == ["direct", "winograd2", "winograd4"])
            #expect(own.filter { $0["picked"] as? Bool == true }.count == 1, "\(type)")
        }
        let strided = try await Command("kernels", "--bench-conv", "8,40,12,10,5,2", "--json").json()
        #expect(
            (strided["candidates"] as? [[String: Any]])?.compactMap { $0["kernel"] as? String } == ["direct", "direct", "direct", "direct"])
    }

    @Test(arguments: [
        ["bench", "m"], ["bench", "m", "--function", "f", "--runs", "0"], ["bench", "m", "--function", "f", "--precision", "int3"],
        ["bench", "m", "--function", "f", "--feed", "y"], ["kernels", "--bench", "1,2"], ["kernels", "--bench", "0,2,3"],
        ["kernels", "--bench", "65536,65536,1"], ["kernels", "--bench-conv", "3,8,0,8"], ["kernels", "--bench-conv", "3,8,8"],
        ["kernels", "--bench-conv", "16384,16384,3,3"], ["kernels", "--bench-conv", "3,8,8,8", "--bench", "1,2,3"],
        ["kernels", "--check"], ["passes", "--precision", "f32"], ["inspect", "m", "--spin", "-1"],
        ["passes", "--stage", "lowered", "--precision", "int8"], ["inspect", "m", "--ir", "--bind", "n=2"],
        ["tokenize", "m", "x.jpg", "--modality", "rgb", "-o", "x.png"], ["init", "--preset", "4m-b", "-o", "q.pth"],
        ["generate", "m", "--input", "caption=a", "-o", "-"],
    ]) func wrongUsageIsCodeTwo(arguments: [String]) async {
        #expect(await Command(arguments).code == 2, "\(arguments)")
    }

    @Test func statesGoOnFromCallToCall() async throws {
        let step = [
            "--function", "decode_step", "--function", "decode_step", "--bind", "tokens=5", "--bind", "capacity=8", "--bind", "length=2",
        ]
        let run = await Command(["bench", Shapes.model, "--runs", "1"] + step)
        #expect(run.code == 0, "\(run.messages)")
    }

    @Test func unusedNamesAndHugeSizesAreRefused() async throws {
        let folder = try TemporaryFolder()
        try NumpyFile.write(Tensor([1], [1]), to: folder.file("tokns.npy"))
        for (arguments, code, word) in [
            (["--inputs", folder.path], 1, "tokns"), (["--feed", "y=outs"], 2, "y=outs"),
            (["--bind", "tokens=1000000000"], 1, "too large"),
        ] {
            let run = await Command(["bench", Shapes.model, "--function", "encode", "--runs", "1"] + arguments)
            #expect(run.code == code && run.messages.contains(word), "\(run.messages)")
        }
    }

    @Test func unknownFunctionsAndSizesAreNamed() async {
        let function = await Command("bench", Shapes.model, "--function", "encodes")
        #expect(function.code == 2 && function.messages.contains("--function encodes"))
        let size = await Command("bench", Shapes.model, "--function", "encode", "--bind", "token=5")
        #expect(size.code == 2 && size.messages.contains("--bind token=5"))
    }
}
