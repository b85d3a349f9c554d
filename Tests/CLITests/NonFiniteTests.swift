import Formats
import Foundation
import IR
import Media
import Testing

@testable import CLI

/// NaN and infinity pass neither into a model nor out of it.
@Suite struct NonFiniteTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A map of depths with `wrong` of them replaced.
    private func depth(_ wrong: [Float], _ name: String) throws -> String {
        var values = (0..<224 * 224).map { Float($0 % 977) }
        for (index, value) in wrong.enumerated() { values[index * 311] = value }
        try NumpyFile.write(Tensor(values, [224, 224]), to: folder.file(name))
        return folder.file(name)
    }

    private func tokenize(_ bundle: String, _ path: String) async -> Command {
        await Command("tokenize", bundle, "--modality", "depth", path, "-o", folder.file("t.npy"))
    }

    /// A copy of a model of the demo bundle, with one NaN in the middle of its largest weight.
    private func broken(_ name: String) throws -> String {
        let source = Shapes.folder + "/\(name)"
        var tensors = try Checkpoint.open(source + ".safetensors").tensors.compactMapValues(\.tensor)
        // Of embeddings most rows are not read.
        let largest = try #require(
            tensors.filter { $0.key.hasPrefix("encoder.") }.max { ($0.value.count, $0.key) < ($1.value.count, $1.key) })
        var values = largest.value.floats
        values[values.count / 2] = .nan
        tensors[largest.key] = Tensor(values, largest.value.shape)
        try SafeTensorsWriter.write(tensors, to: folder.file("\(name).safetensors"))
        try FileManager.default.copyItem(atPath: source + ".json", toPath: folder.file("\(name).json"))
        return folder.file("\(name).safetensors")
    }

    @Test func arraysAreNamedWithACount() async throws {
        for (wrong, count) in [([Float.nan, .infinity, -.infinity], 3), ([.nan], 1)] {
            let path = try depth(wrong, "wrong.npy")
            let run = await tokenize(Shapes.folder, path)
            #expect(run.code == 1)
            #expect(run.messages.contains("wrong.npy: \(count) of 50176 values are not finite (NaN or infinite); replace them first"))
            #expect(!FileManager.default.fileExists(atPath: folder.file("t.npy")))
            let given = await Command(
                "generate", Shapes.folder, "--input", "tok_depth@224=\(path)", "--target", "caption", "-o", folder.file("g"))
            #expect(given.code == 1 && given.messages.contains("\(count) of 50176 values are not finite"))
        }
    }

    @Test func tooSmallAMapIsNamed() async throws {
        try NumpyFile.write(Tensor([1], [1, 1]), to: folder.file("one.npy"))
        let run = await tokenize(Shapes.folder, folder.file("one.npy"))
        #expect(run.code == 1 && run.messages.contains("one.npy: a depth map of 1 pixel is too small"), "\(run.messages)")
    }

    @Test func integersAreDepthsToo() async throws {
        let path = try depth([], "floats.npy")
        #expect(await tokenize(Shapes.folder, path).code == 0)
        let expected = try NumpyFile.read(folder.file("t.npy")).integers
        for dtype in [DType.u16, .i64] {
            try NumpyFile.write(Tensor(integers: NumpyFile.read(path).integers, [224, 224], as: dtype), to: folder.file("whole.npy"))
            let run = await tokenize(Shapes.folder, folder.file("whole.npy"))
            #expect(run.code == 0, "\(run.messages)")
            #expect(try NumpyFile.read(folder.file("t.npy")).integers == expected)
        }
    }

    @Test func tokensOfABrokenTokenizerAreRefused() async throws {
        let tokenizer = try broken("tok_depth")
        let bundle = "model: \(Shapes.folder)/fm.safetensors\ntokenizers:\n  tok_depth: \(tokenizer)\n"
        try Data(bundle.utf8).write(to: URL(fileURLWithPath: folder.file("bundle.yaml")))
        let run = await tokenize(folder.path, try depth([], "fine.npy"))
        #expect(run.code == 1 && run.messages.contains("tok_depth") && run.messages.contains("'tokenize'"), "\(run.messages)")
        #expect(run.messages.contains("not finite") && !FileManager.default.fileExists(atPath: folder.file("t.npy")))
        // What a single function gives is passed on, with a warning.
        try FileManager.default.createDirectory(atPath: folder.file("in"), withIntermediateDirectories: true)
        try NumpyFile.write(Tensor(zeros: .f32, [1, 1, 224, 224]), to: folder.file("in/image.npy"))
        let single = await Command("run", tokenizer, "--function", "tokenize", "--inputs", folder.file("in"), "--outputs", folder.file("o"))
        #expect(single.code == 0 && single.messages.contains("values of 'latents' are not finite"), "\(single.messages)")
    }

    @Test func featuresOfABrokenModelAreRefused() async throws {
        let model = try broken("fm")
        let run = await Command("features", model, Shapes.image("007_rgb.png"), "-o", folder.file("f.npy"))
        #expect(run.code == 1 && run.messages.contains("not finite") && run.messages.contains("'encode'"), "\(run.messages)")
    }
}
