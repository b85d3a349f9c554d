import Foundation
import Tessera
import TestSupport
import Testing

@testable import Serving

@Suite struct MemoryTests {
    private let folder: ModelFolder
    private let log = Log()
    private let ones: [Float] = [4, 3, 2, 1]

    init() throws {
        folder = try ModelFolder()
        for name in ["a", "b", "c"] { try folder.write("\(name).onnx", Self.wide) }
    }

    /// y = (x · ones) · ones / 4096, by way of 1024 columns: 32 kB of weights.
    private static let wide: [UInt8] = {
        let nodes = [ONNXBytes.node("MatMul", ["x", "v"], ["h"]), ONNXBytes.node("MatMul", ["h", "w"], ["y"])]
        return ONNXBytes.model(
            ONNXBytes.graph(
                nodes, inputs: [ONNXBytes.value("x", 1, ["batch", "4"])], outputs: [ONNXBytes.value("y", 1, ["batch", "4"])],
                initializers: [
                    ONNXBytes.floats("v", [Float](repeating: 1, count: 4096), [4, 1024]),
                    ONNXBytes.floats("w", [Float](repeating: 1.0 / 1024, count: 4096), [1024, 4]),
                ]))
    }()

    private func started(budget: Int, _ hooks: ServingHooks = ServingHooks()) async -> ModelRepository {
        let repository = folder.repository {
            ($0.memoryBudget, $0.hooks, $0.log) = (budget, hooks, log.note)
        }
        await repository.start()
        return repository
    }

    private func loaded(_ repository: ModelRepository) async throws -> [String] {
        try await repository.statistics().filter { $0.bytes > 0 }.map(\.name)
    }

    @Test func whatDoesNotFitIsReadByItsFirstRequest() async throws {
        let one = await started(budget: 1 << 30)
        let bytes = try await one.description("a").bytes
        let repository = await started(budget: bytes * 3 / 2)
        #expect(await repository.index().map(\.state) == [.ready, .ready, .ready])
        #expect(await repository.isReady("c"))
        for _ in 0..<2 {
            for name in ["c", "a", "b"] { #expect(try await repository.call(name, ones).floats == [10, 10, 10, 10]) }
        }
        #expect(try await repository.description("a").functions.count == 1)
        #expect(await repository.isReady)
    }

    @Test func theLeastRecentlyUsedGoes() async throws {
        let repository = await started(budget: 1 << 30)
        for name in ["b", "c", "a"] { _ = try await repository.call(name, ones) }
        let before = try await loaded(repository)
        let key = ModelRepository.Key(model: "a", version: 1)
        let used = await repository.usedBytes
        #expect(before == ["a", "b", "c"] && used > 0)
        _ = await repository.makeRoom(for: (1 << 30) - used + 1, sparing: key)
        #expect(await repository.models(thatSay: "evicted") == ["b"])
        _ = await repository.makeRoom(for: (1 << 30) - 1, sparing: key)
        #expect(await repository.models(thatSay: "evicted") == ["b", "c"])
        #expect(try await repository.call("b", ones).floats == [10, 10, 10, 10])
        #expect(log.kinds.filter { $0 == .evicted }.count == 2)
        #expect(try await repository.statistics("b").first?.loads == 2)
        #expect(try await repository.statistics("b").first?.succeeded.count == 2, "counts go on across loads")
    }

    @Test func workInFlightIsNotEvicted() async throws {
        let hold = Hold()
        let repository = await started(budget: 1 << 30, hold.hooks)
        let running = Task { try await repository.call("a", ones) }
        try await repository.waits("a", waiting: 0)
        #expect(await !repository.makeRoom(for: 1 << 30))
        #expect(await repository.models(thatSay: "evicted") == ["b", "c"])
        hold.open()
        #expect(try await running.value.floats == [10, 10, 10, 10])
    }

    @Test func whatNeverFitsSaysSo() async throws {
        let repository = await started(budget: 100)
        let error = await servingError { try await repository.call("a", ones) }
        #expect(error?.httpStatus == 503 && error?.description.contains("budget is 100") == true, "\(String(describing: error))")
        #expect(await repository.reason("a").contains("budget"))
    }

    /// Requests for an evicted model wait for one reading of it.
    @Test func requestsThatWakeAModelWaitTogether() async throws {
        let repository = await started(budget: 1 << 30)
        _ = await repository.makeRoom(for: 1 << 30)
        #expect(try await loaded(repository).isEmpty)
        try await withThrowingTaskGroup(of: [Float].self) { group in
            for _ in 0..<16 { group.addTask { try await repository.call("a", ones).floats } }
            for try await floats in group { #expect(floats == [10, 10, 10, 10]) }
        }
        #expect(try await repository.statistics("a").first?.loads == 2)
    }

    /// Reading is held: who waits for it leaves at the deadline or with the task, and the others are answered.
    @Test func requestsDoNotWaitForAModelLongerThanTheyMay() async throws {
        let reading = Hold(open: true)
        var hooks = ServingHooks()
        hooks.willLoad = { _ in reading.pass(1) }
        let repository = await started(budget: 1 << 30, hooks)
        _ = await repository.makeRoom(for: 1 << 30)
        reading.close()
        let patient = Task { try await repository.call("a", ones) }
        try await eventually("it is read again") { reading.batches.count == 4 }
        let late = await servingError { try await repository.call("a", ones, deadline: .now + .milliseconds(5)) }
        #expect(late == .deadlineExceeded(model: "a"))
        let gone = Task { try await repository.call("a", ones) }
        try await eventually("both wait") { await repository.wakers.values.reduce(0) { $0 + $1.count } == 2 }
        gone.cancel()
        #expect(await servingError { try await gone.value } == .cancelled(model: "a"))
        #expect(await repository.wakers.values.map(\.count) == [1])
        reading.open()
        #expect(try await patient.value.floats == [10, 10, 10, 10])
        let counts = try #require(try await repository.statistics("a").first)
        #expect(counts.expired == 1 && counts.cancelled == 1 && counts.loads == 2)
        #expect(await repository.wakers.isEmpty)
    }

    @Test func noMoreWaitForAModelThanForItsQueue() async throws {
        let reading = Hold(open: true)
        var hooks = ServingHooks()
        hooks.willLoad = { _ in reading.pass(1) }
        let repository = folder.repository {
            ($0.memoryBudget, $0.hooks, $0.settings.maxQueue) = (1 << 30, hooks, 1)
        }
        await repository.start()
        _ = await repository.makeRoom(for: 1 << 30)
        reading.close()
        let first = Task { try await repository.call("a", ones) }
        try await eventually("one waits") { await repository.wakers.values.map(\.count) == [1] }
        #expect(await servingError { try await repository.call("a", ones) }?.httpStatus == 429)
        reading.open()
        #expect(try await first.value.floats == [10, 10, 10, 10])
    }
}
