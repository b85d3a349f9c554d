import Foundation
import Tessera
import TestSupport
import Testing

private let shapes = DemoBundle.folder

@Suite(.serialized) struct GenerationTests {
    private func request(_ input: GenerationInput, _ targets: [String] = ["caption", "tok_semseg@224"]) -> GenerationRequest {
        var request = GenerationRequest(["rgb@224": input], targets: targets)
        request.settings.temperature = 0
        request.settings.guidance = 1
        request.settings.steps = 3
        request.settings.maxTokens = 16
        return request
    }

    @Test func picturesFromMemoryAndFromFilesAreOne() async throws {
        let pipeline = try GenerationPipeline(shapes)
        let path = DemoBundle.photo(7)
        let file = try #require(try await pipeline.results(request(.file(path))).first)
        #expect(file["caption"]?.text == "a large red sphere on a grey floor")
        #expect(file["tok_semseg@224"]?.tokens.count == 196 && file["tok_semseg@224"]?.picture?.width == 224)
        let picture = try #require(try await pipeline.results(request(.picture(Picture(contentsOf: path)))).first)
        #expect(picture.targets.map(\.tokens) == file.targets.map(\.tokens))
        // Tokens of one generation are an input of another.
        let tokens = try Tensor(try #require(file["tok_semseg@224"]?.tokens), [14, 14])
        let again = GenerationRequest(["tok_semseg@224": .tensor(tokens)], targets: ["caption"])
        #expect(try await pipeline.results(again).first?["caption"]?.text?.isEmpty == false)
        let text = GenerationRequest(["caption": .text("a large red sphere on a grey floor")], targets: ["det"])
        #expect(try await pipeline.results(text).first?["det"]?.boxes.isEmpty == false)
    }

    @Test func resultsAreTheSameForAnyNumberOfThreads() async throws {
        func tokens(_ threads: Int) async throws -> [[Int]] {
            let pipeline = try GenerationPipeline(shapes, threads: threads)
            return try await pipeline.results(request(.file(DemoBundle.photo(6)))).flatMap { $0.targets.map(\.tokens) }
        }
        #expect(try await tokens(1) == tokens(3))
    }

    @Test func eventsComeInOrderAndResultsLast() async throws {
        let pipeline = try GenerationPipeline(shapes)
        let photos = [2, 6].map { GenerationInput.file(DemoBundle.photo($0)) }
        var request = GenerationRequest(samples: [.init("rgb@224", photos)], targets: ["tok_semseg@224", "caption"])
        (request.settings.temperature, request.settings.steps, request.drawsDrafts) = (0, 3, true)
        var (steps, results, shares): ([GenerationStep], [GenerationResult], [Double]) = ([], [], [])
        for try await event in pipeline.generate(request) {
            switch event {
            case .progress(_, let share): shares.append(share)
            case .step(let step):
                steps.append(step)
                #expect(results.isEmpty)
            case .result(let result): results.append(result)
            }
        }
        #expect(shares == shares.sorted() && (shares.last ?? 0) <= 1 && !shares.isEmpty)
        #expect(results.map(\.sample) == [0, 1] && results.allSatisfy { $0.targets.map(\.modality) == ["tok_semseg@224", "caption"] })
        let dense = steps.filter { $0.target == "tok_semseg@224" && $0.sample == 1 }
        #expect(dense.map(\.step) == [1, 2, 3] && dense.last?.isLast == true && dense.allSatisfy { $0.picture != nil })
        #expect(Set(dense.flatMap(\.positions)).count == 196)
        let words = steps.filter { $0.target == "caption" && $0.sample == 1 }
        #expect(words.last?.text.map { $0.hasPrefix("a small red cube") } == true)
        let folder = try Scratch()
        try results[0].write(to: folder.path)
        #expect(FileManager.default.fileExists(atPath: folder.path + "/tok_semseg@224.png"))
    }

    /// A mask is a picture or an array, from a file or from memory: all hide the same tokens, which are generated, and the others stay.
    @Test func whatMasksHideIsGeneratedAndTheRestStays() async throws {
        let (pipeline, name) = (try GenerationPipeline(shapes), "tok_semseg@224")
        let known = try #require(try await pipeline.results(request(.file(DemoBundle.photo(3)), [name])).first?[name]?.tokens)
        let hidden = Set([4, 5].flatMap { row in (4...6).map { row * 14 + $0 } })
        let samples = (0..<224 * 224).map { UInt8((64..<96).contains($0 / 224) && (64..<112).contains($0 % 224) ? 255 : 0) }
        let hole = try Picture(width: 224, height: 224, channels: 1, samples: samples)
        let folder = try Scratch()
        try hole.writePNG(to: folder.path + "/hole.png")
        let flags = try Tensor((0..<196).map { Float(hidden.contains($0) ? 1 : 0) }, [14, 14])
        let corner = try Tensor((0..<196).map { $0 < 2 }, [196])
        /// What is generated for each sample, and where.
        func filled(_ masks: GenerationInput...) async throws -> (tokens: [[Int]], places: [Int: Set<Int>]) {
            var request = GenerationRequest([name: .tensor(try Tensor(known, [14, 14]))], targets: [name])
            (request.settings.temperature, request.settings.guidance, request.settings.steps) = (0, 1, 2)
            request.masks = [name: masks]
            var found: (tokens: [[Int]], places: [Int: Set<Int>]) = ([], [:])
            for try await event in pipeline.generate(request) {
                if case .step(let step) = event { found.places[step.sample, default: []].formUnion(step.positions) }
                if case .result(let result) = event { found.tokens.append(result[name]?.tokens ?? []) }
            }
            return found
        }
        let first = try await filled(.picture(hole))
        #expect(first.places == [0: hidden] && first.tokens.map(\.count) == [196])
        for place in 0..<196 where !hidden.contains(place) { #expect(first.tokens[0][place] == known[place]) }
        for mask in [GenerationInput.file(folder.path + "/hole.png"), .tensor(flags)] {
            let other = try await filled(mask)
            #expect(other.tokens == first.tokens && other.places == first.places)
        }
        let two = try await filled(.tensor(corner), .picture(hole))
        #expect(two.places == [0: [0, 1], 1: hidden] && two.tokens.count == 2)
    }

    /// Why `request` cannot be had; nil if it can.
    private func failure(_ pipeline: GenerationPipeline, _ request: GenerationRequest) async -> TesseraError? {
        do throws(TesseraError) { _ = try await pipeline.results(request) } catch { return error }
        return nil
    }

    @Test func wrongMasksSayWhoseTheyAre() async throws {
        let pipeline = try GenerationPipeline(shapes)
        let (none, few) = (try Tensor(zeros: .u8, [14, 14]), try Tensor([true, false], [2]))
        let calls: [(String, [GenerationInput], ErrorCategory, String)] = [
            ("tok_depth@224", [.tensor(few)], .usage, "a mask was given for 'tok_depth@224'"),
            ("rgb", [], .usage, "'rgb' is given a list of masks without any"), ("rgb", [.text("a cube")], .usage, "not a text"),
            ("rgb", [.tensor(none)], .unreadable, "the mask of 'rgb@224' hides no token"), ("rgb", [.tensor(few)], .unreadable, "2 values"),
            ("rgb", [.file("/nowhere.png")], .notFound, "/nowhere.png"),
        ]
        for (modality, masks, category, words) in calls {
            var request = request(.file(DemoBundle.photo(0)), ["caption"])
            request.masks = [modality: masks]
            let error = await failure(pipeline, request)
            #expect(error?.category == category && error?.message.contains(words) == true, "\(error?.message ?? "nothing")")
        }
        var text = GenerationRequest(["caption": .text("a red cube")], targets: ["det"])
        text.masks = ["caption": [.tensor(few)]]
        let error = await failure(pipeline, text)
        #expect(error?.category == .usage && error?.message.contains("[S_1]") == true)
    }

    @Test func aTokenAndATaskStopAGeneration() async throws {
        let pipeline = try GenerationPipeline(shapes)
        var long = request(.file(DemoBundle.photo(0)), ["tok_depth@224"])
        long.settings.steps = 100
        long.variations = 50
        let token = CancellationToken()
        var seen = 0
        let stopped = await #expect(throws: TesseraError.self) {
            for try await event in pipeline.generate(long, cancellation: token) {
                if case .step = event { seen += 1 }
                if seen == 3 { token.cancel() }
            }
        }
        #expect(stopped?.category == .cancelled)
        let endless = long
        let task = Task { try await pipeline.results(endless) }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        let cancelled = await #expect(throws: TesseraError.self) { try await task.value }
        #expect(cancelled?.category == .cancelled)
        // The pipeline serves the next one.
        #expect(try await pipeline.results(request(.file(DemoBundle.photo(7)), ["caption"])).count == 1)
    }

    @Test func wrongRequestsAreUsage() async throws {
        let pipeline = try GenerationPipeline(shapes)
        func category(_ request: GenerationRequest) async -> (ErrorCategory?, String) {
            let error = await failure(pipeline, request)
            return (error?.category, error?.message ?? "")
        }
        let target = await category(request(.file(DemoBundle.photo(0)), ["sound"]))
        #expect(target.0 == .usage && target.1.contains("'sound'"))
        let missing = await category(request(.file("/nowhere.png")))
        #expect(missing.0 == .notFound && missing.1.contains("/nowhere.png"))
        let kind = await category(request(.text("a photo")))
        #expect(kind.0 == .usage && kind.1.contains("takes a picture"))
        let shape = await category(request(.tensor(try Tensor(zeros: .f32, [3, 8, 8]))))
        #expect(shape.0 == .unreadable && shape.1.contains("[3, 224, 224]"))
        let empty = await category(GenerationRequest(samples: [.init("rgb@224", [])], targets: ["caption"]))
        #expect(empty.0 == .usage)
        #expect(try await pipeline.modalities().contains { $0.name == "caption" && $0.isText && $0.isInput && $0.isOutput })
    }
}
