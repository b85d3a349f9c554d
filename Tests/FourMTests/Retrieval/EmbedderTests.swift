import Foundation
import IR
import Testing

@testable import Formats
@testable import FourM
@testable import FourMData
@testable import FourMModels
@testable import FourMSampling

/// Inputs to vectors through predicted global feature tokens.
@Suite struct EmbedderTests {
    private let bundle: GlobalBundle
    private let loaded: LoadedBundle

    init() throws {
        bundle = try GlobalBundle()
        loaded = try LoadedBundle(path: bundle.place.path)
    }

    private func embedder(_ inputs: Set<String>) throws -> Embedder {
        try Embedder(loaded, .global(target: "tok_dinov2_global"), inputs: inputs)
    }

    /// At temperature 0 the vector is the tokenizer's for the tokens that the sampler of whole generations takes.
    @Test func vectorsAreThoseOfTheGeneratedTokens() throws {
        let embedder = try embedder(["rgb@64"])
        embedder.sampling.temperature = 0
        let given = try embedder.read([("rgb@64", [0, 7].map(GlobalBundle.photo))]).set
        let vectors = try embedder.embed(given)
        #expect(vectors.shape == [2, 12])
        var set = given
        set["tok_dinov2_global"] = .emptyImage(batch: 2, tokens: 16)
        let plan = TargetPlan(target: "tok_dinov2_global", tokens: 16, scheme: .roar, steps: 1, tokenSchedule: .linear, temperature: 0)
        let schedule = try ChainedSchedule(conditions: ["rgb@64"], targets: [plan])
        let generated = try #require(try Sampler(loaded.model()).generate(set, schedule: schedule)["tok_dinov2_global"])
        let decoded = try loaded.tokenizer("tok_dinov2_global").detokenize(
            Tensor(integers: generated.tokens.flatMap { $0 }, [2, 16, 1, 1]))
        #expect(decoded.shape == [2, 12, 1, 1])
        #expect(vectors.floats == decoded.floats)
    }

    @Test func aVectorDependsNeitherOnPlaceNorOnBatch() throws {
        let embedder = try embedder(["rgb@64"])
        embedder.sampling.temperature = 1
        let photos = [3, 1, 3].map(GlobalBundle.photo)
        let together = try embedder.embed(embedder.read([("rgb@64", photos)]).set)
        let alone = try embedder.embed(embedder.read([("rgb@64", [photos[0]])]).set)
        #expect(together.row(0) == together.row(2))
        #expect(together.row(0) == alone.row(0))
        #expect(together.row(0) != together.row(1))
        embedder.sampling.seed = 5
        #expect(try embedder.embed(embedder.read([("rgb@64", [photos[0]])]).set) != alone)
    }

    @Test func textsAndPhotosTogetherMakeOneVector() throws {
        let embedder = try embedder(["rgb@64", "caption"])
        let both = try embedder.read([("caption", ["a large red sphere"]), ("rgb@64", [GlobalBundle.photo(7)])])
        #expect(both.texts.map(\.text) == ["a large red sphere"] && both.pictures.count == 1)
        let text = try embedder.embed(embedder.read([("caption", ["a large red sphere"])]).set)
        #expect(try embedder.embed(both.set).shape == [1, 12] && text.shape == [1, 12])
        #expect(embedder.model.modalities.keys.sorted() == ["caption", "rgb@64", "tok_dinov2_global"])
    }

    @Test func generatedGlobalFeaturesAreVectors() throws {
        var request = GenerationRequest()
        request.inputs = [GenerationInput(modality: "rgb@64", value: GlobalBundle.photo(0))]
        request.targets = ["tok_dinov2_global"]
        let result = try #require(try Generator(loaded).run(request, [:]).first)
        #expect(result.targets[0].values?.shape == [12] && result.targets[0].tokens.count == 16)
    }

    /// A run that is stopped keeps what is done; the next one does the rest.
    @Test func stoppedRunsAreContinued() async throws {
        let photos = try TemporaryPlace()
        for number in 0..<3 {
            try FileManager.default.copyItem(atPath: GlobalBundle.photo(number), toPath: photos.file("\(number).png"))
        }
        let output = bundle.place.file("i.safetensors")
        let path = bundle.place.path
        let stopped = Task {
            let builder = try IndexBuilder(
                Embedder(LoadedBundle(path: path), .global(target: "tok_dinov2_global"), inputs: ["rgb@64"]), modality: "rgb@64")
            builder.batchSize = 1
            builder.onProgress = { name, _ in if name == "1.png" { withUnsafeCurrentTask { $0?.cancel() } } }
            _ = try builder.run(folder: photos.path, output: output)
        }
        await #expect(throws: CancellationError.self) { try await stopped.value }
        #expect(try EmbeddingIndex(path: output).files.map(\.name) == ["0.png", "1.png"])
        let builder = try IndexBuilder(embedder(["rgb@64"]), modality: "rgb@64")
        let outcome = try builder.run(folder: photos.path, output: output)
        #expect(outcome.kept == 2 && outcome.embedded == 1)
    }

    /// An index file is not trusted: what does not fit is named.
    @Test func damagedIndexesAreRefused() throws {
        let file = bundle.place.file("i.safetensors")
        let good = [
            "format": "tessera-index-1", "folder": "/photos", "files": #"["a.png"]"#, "stamps": "[[1,2]]",
            "recipe": #"{"ignoresOrientation":false,"modality":"rgb@64","model":"m"}"#,
        ]
        func message(_ edit: (inout [String: String]) -> Void, _ tensor: Tensor = Tensor([1, 2], [1, 2])) throws -> String {
            var metadata = good
            edit(&metadata)
            try SafeTensorsWriter.write(["embeddings": tensor], metadata: metadata, to: file)
            do { return try EmbeddingIndex(path: file).files[0].name } catch { return "\(error)" }
        }
        #expect(try message { _ in } == "a.png")
        #expect(try message { $0["format"] = "x" }.contains("its format is not"))
        #expect(try message { $0["recipe"] = "{}" }.contains("no valid 'recipe'"))
        #expect(try message { $0["files"] = #"["a.png","b.png"]"# }.contains("do not fit"))
        #expect(try message { $0["stamps"] = "[[1]]" }.contains("do not fit"))
        #expect(try message({ _ in }, Tensor([1], [1])).contains("no tensor 'embeddings'"))
    }

    @Test func whatThereIsNotIsNamed() {
        func message(_ target: String, _ inputs: Set<String>) -> String {
            do { return "\(try Embedder(loaded, .global(target: target), inputs: inputs).method)" } catch { return "\(error)" }
        }
        #expect(message("tok_imagebind_global", ["rgb@64"]).contains("no tokenizer for 'tok_imagebind_global'"))
        #expect(message("tok_dinov2_global", ["rgb@224"]).contains("takes no 'rgb@224'; it takes: caption, rgb@64"))
        #expect(message("tok_dinov2_global", ["tok_dinov2_global"]).contains("what is predicted"))
    }
}
