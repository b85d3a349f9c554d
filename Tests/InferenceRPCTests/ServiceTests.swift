import GRPCCore
import Synchronization
import Testing

@testable import InferenceRPC

@Suite struct ServiceTests {
    @Test func modelsAreDescribed() async throws {
        let server = try await TestServer()
        let (service, context) = (server.service, server.context)
        let metadata = try await service.modelMetadata(request: .with { $0.name = "rows" }, context: context)
        #expect(metadata.versions == ["1"] && metadata.inputs[0].shape == [-1, 4] && metadata.outputs[0].datatype == "FP32")
        let config = try await service.modelConfig(request: .with { $0.name = "rows" }, context: context).config
        #expect(config.maxBatchSize == 8 && config.input[0].dims == [4] && config.input[0].dataType == .typeFp32)
        _ = try await server.infer(.rows)
        let statistics = try await service.modelStatistics(request: .with { $0.name = "rows" }, context: context).modelStats
        #expect(statistics[0].inferenceStats.success.count == 1 && statistics[0].inferenceCount == 2)
        #expect(await status { _ = try await service.modelMetadata(request: .with { $0.name = "none" }, context: context) } == .notFound)
    }

    @Test func modelsAreUnloadedAndLoaded() async throws {
        let server = try await TestServer()
        let (service, context) = (server.service, server.context)
        _ = try await service.repositoryModelUnload(request: .with { $0.modelName = "rows" }, context: context)
        #expect(try await !service.modelReady(request: .with { $0.name = "rows" }, context: context).ready)
        #expect(await status { _ = try await server.infer(.rows) } == .unavailable)
        let ready = try await service.repositoryIndex(request: .with { $0.ready = true }, context: context).models.map(\.name)
        #expect(!ready.contains("rows") && ready.contains("texts"))
        _ = try await service.repositoryModelLoad(request: .with { $0.modelName = "rows" }, context: context)
        #expect(try await service.modelReady(request: .with { $0.name = "rows" }, context: context).ready)
    }

    @Test func settingsAreTrue() async throws {
        let server = try await TestServer()
        let (service, context) = (server.service, server.context)
        let changed = try await service.logSettings(
            request: .with { $0.settings["log_info"] = .with { $0.boolParam = false } }, context: context)
        #expect(changed.settings["log_info"]?.boolParam == false && !server.service.log.levels.info)
        #expect(
            await status {
                _ = try await service.logSettings(
                    request: .with { $0.settings["log_file"] = .with { $0.stringParam = "x" } }, context: context)
            } == .invalidArgument)
        #expect(
            await status {
                _ = try await service.traceSetting(
                    request: .with { $0.settings["trace_level"] = .with { $0.value = ["TIMESTAMPS"] } }, context: context)
            } == .unimplemented)
    }

    /// Later elements begin before earlier ones end, never more than the window, and come in order.
    @Test func answersKeepTheOrderOfRequests() async throws {
        let running = Mutex((now: 0, most: 0))
        let written = Mutex<[Int]>([])
        let source = AsyncStream { continuation in
            for number in 0..<40 { continuation.yield(number) }
            continuation.finish()
        }
        try await OrderedAnswers.forward(source, window: 4) { number in
            running.withLock { ($0.now, $0.most) = ($0.now + 1, max($0.most, $0.now + 1)) }
            try? await Task.sleep(for: .milliseconds(number % 4 == 0 ? 20 : 1))
            running.withLock { $0.now -= 1 }
            return number
        } write: { number in
            written.withLock { $0.append(number) }
        }
        #expect(written.withLock { $0 } == Array(0..<40))
        #expect((2...4).contains(running.withLock { $0.most }))
    }

    @Test(.timeLimit(.minutes(1))) func aWriterThatFailsEndsTheStream() async throws {
        struct Gone: Error {}
        let (source, continuation) = AsyncStream<Int>.makeStream()
        continuation.yield(1)
        await #expect(throws: Gone.self) {
            try await OrderedAnswers.forward(source, window: 2) {
                $0
            } write: { _ in
                throw Gone()
            }
        }
        continuation.finish()
    }
}
