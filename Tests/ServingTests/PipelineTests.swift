import Foundation
import Tessera
import TestSupport
import Testing

@testable import Serving

@Suite(.serialized) struct PipelineTests {
    private func started(maxQueue: Int = 8) async throws -> ModelRepository {
        var configuration = RepositoryConfiguration()
        configuration.models = [ModelConfiguration("shapes", path: DemoBundle.folder)]
        configuration.pollInterval = nil
        configuration.settings.maxQueue = maxQueue
        let repository = ModelRepository(configuration)
        await repository.start()
        #expect(await repository.reason("shapes") == "")
        return repository
    }

    private func request(steps: Int = 3, variations: Int = 1) -> GenerationRequest {
        var request = GenerationRequest(["rgb@224": .file(DemoBundle.photo(7))], targets: ["tok_semseg@224"])
        (request.settings.temperature, request.settings.guidance, request.settings.steps) = (0, 1, steps)
        request.variations = variations
        return request
    }

    private func tokens(_ generation: ServedGeneration) async throws -> [Int] {
        var found: [Int] = []
        for try await event in generation { if case .result(let result) = event { found = result.targets.flatMap(\.tokens) } }
        return found
    }

    @Test func aBundleGenerates() async throws {
        let repository = try await started()
        let pipeline = try await repository.pipeline()
        #expect(pipeline.name == "shapes" && pipeline.version == "1")
        let both = try [pipeline.generate(request()), pipeline.generate(request())]
        let first = try await tokens(both[0])
        #expect(first.count == 196)
        #expect(try await tokens(both[1]) == first)
        let alone = try await GenerationPipeline(DemoBundle.folder).results(request()).first
        #expect(alone?["tok_semseg@224"]?.tokens == first)
        let description = try await repository.description("shapes")
        #expect(description.kind == .pipeline && description.modalities.contains { $0.name == "caption" } && description.bytes > 0)
        let error = await servingError { try await repository.call("shapes", [1]) }
        #expect(error?.category == .usage)
        let counts = try #require(try await repository.statistics("shapes").first)
        #expect(counts.succeeded.count == 2 && counts.running == 0)
    }

    @Test func itsQueueIsBounded() async throws {
        let repository = try await started(maxQueue: 1)
        let pipeline = try await repository.pipeline("shapes")
        let long = try pipeline.generate(request(steps: 100, variations: 50))
        let next = try pipeline.generate(request())
        let full = await servingError { try pipeline.generate(request()) }
        #expect((full?.retryAfter ?? .zero) > .zero)
        // Who reads its events goes away: the first ends, and the next begins.
        let reader = Task { for try await _ in long {} }
        reader.cancel()
        #expect(await servingError { try await reader.value } == .cancelled(model: "shapes"))
        #expect(try await tokens(next).count == 196)
    }

    @Test func deadlinesAndDrainsEndGenerations() async throws {
        let repository = try await started()
        let pipeline = try await repository.pipeline("shapes")
        let late = await servingError {
            try await tokens(pipeline.generate(request(steps: 100, variations: 50), deadline: .now + .milliseconds(50)))
        }
        #expect(late == .deadlineExceeded(model: "shapes"))
        let past = await servingError { try pipeline.generate(request(), deadline: .now) }
        #expect(past == .deadlineExceeded(model: "shapes"))
        let long = try pipeline.generate(request(steps: 100, variations: 50))
        let waiting = try pipeline.generate(request())
        await repository.drain(until: .now + .milliseconds(50))
        #expect(await servingError { try await tokens(long) } == .draining)
        #expect(await servingError { try await tokens(waiting) } == .draining)
        #expect(await servingError { try pipeline.generate(request()) } == .draining)
    }
}
