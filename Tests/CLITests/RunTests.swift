import Formats
import Foundation
import IR
import Testing

@testable import CLI

@Suite struct RunTests {
    static let folder = Shared.path("goldens/tokenizer/vqvae_semseg")
    static let model = folder + "/model.safetensors"

    private func golden(_ file: String, _ name: String) throws -> Tensor {
        try #require(SafeTensorsFile(path: Self.folder + "/" + file).byName[name]?.tensor)
    }

    @Test(needsShared, arguments: ["npy", "npz", "safetensors"]) func tokenizesFromEachFormat(suffix: String) async throws {
        let folder = try TemporaryFolder()
        let labels = try golden("inputs.safetensors", "in0")
        let path = folder.file(suffix == "npy" ? "labels.npy" : "inputs.\(suffix)")
        switch suffix {
        case "npy": try NumpyFile.write(labels, to: path)
        case "npz": try NumpyArchive.write(["labels": labels], to: path)
        default: try SafeTensorsWriter.write(["labels": labels], to: path)
        }
        let run = await Command("run", Self.model, "--function", "tokenize", "--inputs", folder.path, "--outputs", folder.file("out/deep"))
        #expect(run.code == 0, "\(run.messages)")
        #expect(run.output.contains("i64[2, 4, 4]"))
        let tokens = try NumpyFile.read(folder.file("out/deep/tokens.npy"))
        let expected = try golden("outputs.safetensors", "in0.tokens")
        #expect(tokens.integers == expected.integers)
    }

    @Test(needsShared) func narrowIntegersAndStrangersAreSaid() async throws {
        let folder = try TemporaryFolder()
        let labels = try golden("inputs.safetensors", "in0")
        let path = folder.file("in.safetensors")
        try SafeTensorsWriter.write(
            ["labels": Tensor(integers: labels.integers, labels.shape, as: .i32), "spare": Tensor([1], [1])], to: path)
        let run = await Command(
            "run", Self.model, "--function", "tokenize", "--inputs", path, "--outputs", folder.file("out"), "--format", "safetensors",
            "--json", "--verbose")
        #expect(run.code == 0, "\(run.messages)")
        #expect(run.messages.contains("'labels' was converted from i32 to i64") || labels.dtype == .i32)
        #expect(run.messages.contains("'spare' is no input of 'tokenize'"))
        let json = try run.json()
        #expect((json["weightBytes"] as? Int ?? 0) > 0 && (json["workingBytes"] as? Int ?? 0) > 0)
        let kernels = try #require(json["kernels"] as? [[String: Any]])
        let shares = kernels.reduce(0.0) { $0 + ($1["share"] as? Double ?? 0) }
        #expect(abs(shares - 1) < 1e-6)
        #expect(try SafeTensorsFile(path: folder.file("out/outputs.safetensors")).byName["tokens"] != nil)
    }

    @Test(needsShared) func missingAndUnfitInputsListTheTypes() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.file("in"), withIntermediateDirectories: true)
        func run() async -> Command {
            await Command("run", Self.model, "--function", "tokenize", "--inputs", folder.file("in"), "--outputs", folder.file("out"))
        }
        let empty = await run()
        #expect(empty.code == 1)
        #expect(empty.messages.contains("needs labels, but") && empty.messages.contains("  labels: i64[batch, "))
        try NumpyFile.write(Tensor(integers: [1, 2, 3], [1, 1, 3]), to: folder.file("in/labels.npy"))
        let unfit = await run()
        #expect(unfit.code == 1)
        #expect(unfit.messages.contains("input 'labels' must be i64[batch, ") && unfit.messages.contains("i64[1, 1, 3]"))
        try NumpyFile.write(Tensor(integers: [1], [1]), to: folder.file("in/a.npy"))
        try NumpyArchive.write(["a": Tensor(integers: [1], [1])], to: folder.file("in/b.npz"))
        let twice = await run()
        #expect(twice.code == 1 && twice.messages.contains("'a' is in a.npy and in b.npz"))
        #expect(!FileManager.default.fileExists(atPath: folder.file("out")))
    }
}
