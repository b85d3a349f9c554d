import Artifact
import Formats
import Foundation
import IR
import Tessera
import TestSupport
import Testing

/// A bundle that was compiled into one file, through the door.
@Suite struct BundleFileTests {
    @Test func aPipelineOpensIt() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-door-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (part, file) = (folder + "/fm.tess", folder + "/b.tess")
        try CompiledModel.write(Model(DemoBundle.folder + "/fm.safetensors"), to: part)
        try ArtifactFile.write(
            bundle: "name: small\nmodel: fm.tess\ntext_tokenizer: words.json\n", models: ["fm.tess": Artifact(path: part)],
            files: ["words.json": ByteSlice(MappedFile.open(DemoBundle.folder + "/text_tokenizer.json"))], to: file)
        var request = GenerationRequest(["rgb@224": .file(DemoBundle.photo(7))], targets: ["caption"])
        request.settings.temperature = 0
        request.settings.guidance = 1
        request.settings.maxTokens = 16
        let pipeline = try GenerationPipeline(file)
        #expect(pipeline.name == "small")
        #expect(try await pipeline.results(request).first?["caption"]?.text == "a large red sphere on a grey floor")
        // One of its models, and none.
        #expect(try CompiledModel(contentsOf: file + "/fm.tess").functions.contains { $0.name == "encode" })
        let whole = #expect(throws: TesseraError.self) { try CompiledModel(contentsOf: file) }
        #expect(whole?.message.contains("name one of them: \(file)/fm.tess") == true, "\(String(describing: whole))")
        let model = #expect(throws: TesseraError.self) { try Model(file) }
        #expect(model?.category == .usage && model?.message.contains("GenerationPipeline") == true)
        let missing = #expect(throws: TesseraError.self) { try CompiledModel(contentsOf: file + "/x.tess") }
        #expect(missing?.message.contains("it has: fm.tess") == true)
    }
}
