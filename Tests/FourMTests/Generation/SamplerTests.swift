import Foundation
import IR
import Runtime
import TestSupport
import Testing

@testable import FourM
@testable import FourMModels

/// The Shapes model of the project.
private enum Shapes {
    static func photo(_ number: Int) -> String { DemoBundle.photo(number) }

    static func request(_ edit: (inout GenerationRequest) -> Void) -> GenerationRequest {
        var request = GenerationRequest()
        request.usesPreviewDecoders = true
        edit(&request)
        return request
    }
}

@Suite(.serialized) struct SamplerTests {
    /// Tokens of each target for the first photo.
    private func tokens(_ request: GenerationRequest, _ values: [String: [String]] = [:]) throws -> [[[Int]]] {
        let generator = Generator(try LoadedBundle(path: DemoBundle.folder))
        return try generator.run(request, values.mapValues { $0.map { .file($0) } }).map { $0.targets.map(\.tokens) }
    }

    @Test func sameSeedSameResultForAnyThreadCount() throws {
        let request = Shapes.request {
            $0.inputs = [GenerationInput(modality: "caption", value: "a large red sphere on a grey floor")]
            $0.targets = ["tok_rgb@224", "det"]
            $0.overrides.temperature = 1
            $0.overrides.steps = 4
            $0.overrides.maxTokens = 24
            $0.seed = 11
        }
        Machine.setDefaultThreads(1)
        let one = try tokens(request)
        Machine.setDefaultThreads(2)
        let two = try tokens(request)
        Machine.setDefaultThreads(nil)
        #expect(one == two)
        var other = request
        other.seed = 12
        #expect(try tokens(other) != one)
    }

    @Test func aSampleDoesNotDependOnItsBatch() throws {
        var request = Shapes.request {
            $0.inputs = [GenerationInput(modality: "rgb@224", value: "")]
            $0.targets = ["tok_semseg@224", "caption"]
            $0.overrides.guidance = 2
            $0.overrides.temperature = 0.3
        }
        let photos = ["rgb@224": (0..<3).map(Shapes.photo)]
        let together = try tokens(request, photos)
        request.batchSize = 1
        #expect(try tokens(request, photos) == together)
    }

    /// The official sampler's captions and boxes for photos 2, 6 and 7 (Fixtures/shapes-reference.json), coordinates in 99ths.
    private static let official: [(caption: String, boxes: [(label: String, corners: [Double])])] = [
        (
            "a large red cone left of a large red cube left of a large green cube on a black floor",
            [("cone", [5, 19, 38, 53]), ("cube", [25, 27, 69, 68]), ("cube", [65, 25, 95, 53])]
        ), ("a small red cube on a black floor", [("cube", [49, 37, 69, 55])]),
        ("a large red sphere on a grey floor", [("sphere", [23, 20, 57, 53])]),
    ]

    @Test func greedyCaptionsAndBoxesAreTheReferences() throws {
        let request = Shapes.request {
            $0.inputs = [GenerationInput(modality: "rgb@224", value: "")]
            $0.targets = ["caption", "det"]
            $0.isIndependent = true
            $0.overrides.temperature = 0
            $0.overrides.guidance = 1
        }
        let generator = Generator(try LoadedBundle(path: DemoBundle.folder))
        let results = try generator.run(request, ["rgb@224": [2, 6, 7].map { .file(Shapes.photo($0)) }])
        #expect(results.map { $0.targets[0].text } == Self.official.map(\.caption))
        for (result, official) in zip(results, Self.official) {
            let boxes = try #require(result.targets[1].boxes).boxes
            #expect(boxes.map(\.label) == official.boxes.map(\.label))
            let corners = boxes.flatMap { [$0.xMin, $0.yMin, $0.xMax, $0.yMax] }
            let expected = official.boxes.flatMap { $0.corners.map { $0 / 99 } }
            #expect(corners.count == expected.count && zip(corners, expected).allSatisfy { abs($0 - $1) < 1e-12 })
        }
    }

    @Test func maskGITDecodesEveryPositionOnce() throws {
        var request = Shapes.request {
            $0.inputs = [GenerationInput(modality: "rgb@224", value: Shapes.photo(0))]
            $0.targets = ["tok_depth@224"]
            $0.overrides.steps = 5
        }
        request.overrides.scheme = .maskgit
        let bundle = try LoadedBundle(path: DemoBundle.folder)
        let model = try bundle.model()
        let sampler = Sampler(model)
        var seen: [Int] = []
        sampler.onStep = { seen += $0.positions[0] }
        var set = ModalitySet()
        set["tok_depth@224"] = .emptyImage(batch: 1, tokens: 196)
        set["caption"] = .given(tokens: [[5]])
        let schedule = try Generator(bundle).settings(request).schedule().executable()
        let result = try sampler.generate(set, schedule: schedule)
        #expect(seen.sorted() == Array(0..<196))
        #expect(result["tok_depth@224"]?.targetMask[0].allSatisfy { $0 } == true)
    }

    @Test func unknownModalitiesAndWrongInputsAreNamed() throws {
        let generator = Generator(try LoadedBundle(path: DemoBundle.folder))
        func message(_ edit: (inout GenerationRequest) -> Void) -> String {
            do {
                _ = try generator.run(Shapes.request(edit), [:])
                return ""
            } catch { return "\(error)" }
        }
        #expect(message { $0.targets = ["tok_edges@224"] }.contains("tok_edges@224"))
        #expect(message { $0.targets = ["depht"] }.contains("cannot generate 'depht'; did you mean"))
        let unknown = message {
            $0.inputs = [GenerationInput(modality: "sound", value: "x.wav")]; $0.targets = ["caption"]
        }
        #expect(unknown.contains("does not take 'sound'") && unknown.contains("rgb@224"))
        let missing = message {
            $0.inputs = [GenerationInput(modality: "rgb@224", value: "/nowhere.png")]; $0.targets = ["caption"]
        }
        #expect(missing.contains("/nowhere.png"))
    }
}
