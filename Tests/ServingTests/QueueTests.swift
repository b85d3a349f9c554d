import Foundation
import Tessera
import Testing

@testable import Serving

@Suite struct QueueTests {
    private let folder: ModelFolder
    private let hold = Hold()

    init() throws {
        folder = try ModelFolder()
        try folder.write("layers.onnx", Models.layers(times: 6))
    }

    private func started(_ change: (inout RepositoryConfiguration) -> Void = { _ in }) async -> ModelRepository {
        let repository = folder.repository {
            $0.hooks = hold.hooks
            change(&$0)
        }
        await repository.start()
        return repository
    }

    private func statistics(_ repository: ModelRepository) async throws -> ModelStatistics {
        try #require(try await repository.statistics("layers").first)
    }

    @Test func aFullQueueRefuses() async throws {
        let repository = await started { $0.settings.maxQueue = 2 }
        var tasks = [Task { try await repository.call("layers", [1, 2, 3, 4]) }]
        try await repository.waits("layers", waiting: 0)
        for number in 1...2 {
            tasks.append(Task { try await repository.call("layers", [1, 2, 3, 4]) })
            try await repository.waits("layers", waiting: number)
        }
        let error = await servingError { try await repository.call("layers", [1, 2, 3, 4]) }
        #expect(error?.httpStatus == 429 && (error?.retryAfter ?? .zero) > .zero, "\(String(describing: error))")
        hold.open()
        for task in tasks { #expect(try await task.value.floats.count == 4) }
        let counts = try await statistics(repository)
        #expect(counts.refused == 1 && counts.succeeded.count == 3 && counts.waiting == 0 && counts.running == 0)
    }

    @Test func deadlinesEndWaiting() async throws {
        let repository = await started()
        let past = await servingError { try await repository.call("layers", [1, 2, 3, 4], deadline: .now - .seconds(1)) }
        #expect(past == .deadlineExceeded(model: "layers") && past?.httpStatus == 504)
        let held = Task { try await repository.call("layers", [1, 2, 3, 4]) }
        try await repository.waits("layers", waiting: 0)
        let late = await servingError { try await repository.call("layers", [1, 2, 3, 4], deadline: .now + .milliseconds(5)) }
        #expect(late == .deadlineExceeded(model: "layers"))
        let counts = try await statistics(repository)
        #expect(counts.expired == 2 && counts.waiting == 0)
        hold.open()
        _ = try await held.value
        #expect(hold.batches == [1], "what is late is not computed")
    }

    /// The run is held after its first step until the deadline has been told.
    @Test func deadlinesEndRuns() async throws {
        let (told, steps) = (Hold(open: true), Hold(open: true))
        hold.open()
        let repository = await started {
            $0.hooks.didStep = { _ in
                steps.pass(1)
                told.pass(1)
            }
        }
        _ = try await repository.call("layers", [1, 2, 3, 4])
        let whole = steps.batches.count
        #expect(whole > 1)
        told.close()
        let late = await servingError { try await repository.call("layers", [1, 2, 3, 4], deadline: .now + .milliseconds(20)) }
        #expect(late == .deadlineExceeded(model: "layers"))
        told.open()
        #expect(try await repository.call("layers", [1, 2, 3, 4]).floats.count == 4)
        #expect(steps.batches.count - 2 * whole <= 1, "the late run took one step at most")
    }

    @Test func aRequestLeavesTheQueueWithItsTask() async throws {
        let repository = await started()
        let held = Task { try await repository.call("layers", [1, 2, 3, 4]) }
        try await repository.waits("layers", waiting: 0)
        let waiting = Task { try await repository.call("layers", [1, 2, 3, 4]) }
        try await repository.waits("layers", waiting: 1)
        waiting.cancel()
        #expect(await servingError { try await waiting.value } == .cancelled(model: "layers"))
        #expect(try await statistics(repository).cancelled == 1)
        let never = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await repository.call("layers", [1, 2, 3, 4])
        }
        #expect(await servingError { try await never.value } == .cancelled(model: "layers"))
        hold.open()
        _ = try await held.value
        #expect(hold.batches == [1])
    }

    /// A run stops when all that wait for it are gone, and not before.
    @Test func aBatchStopsWithTheLastOfItsRequests() async throws {
        hold.open()
        let (first, steps) = (Hold(), Hold(open: true))
        let repository = await started {
            ($0.settings.maxBatch, $0.settings.maxDelay) = (2, .seconds(3600))
            $0.hooks.didStep = { _ in
                steps.pass(1)
                first.pass(1)
            }
        }
        let tasks = [1, 2].map { number in Task { try await repository.call("layers", [Float(number), 2, 3, 4]) } }
        try await eventually("the first step") { first.batches.count == 1 }
        tasks[0].cancel()
        #expect(await servingError { try await tasks[0].value } == .cancelled(model: "layers"))
        #expect(try await statistics(repository).running == 1)
        first.open()
        #expect(try await tasks[1].value.batchSize == 2, "the other one is computed")
        try await repository.waits("layers", waiting: 0, running: 0)
        let whole = steps.batches.count
        first.close()
        let others = [1, 2].map { number in Task { try await repository.call("layers", [Float(number), 2, 3, 4]) } }
        try await eventually("the first step") { steps.batches.count == whole + 1 }
        for task in others {
            task.cancel()
            #expect(await servingError { try await task.value } == .cancelled(model: "layers"))
        }
        first.open()
        await repository.drain(until: .now + .seconds(60))
        #expect(steps.batches.count == whole + 1, "both gone: no further step")
    }

    /// Short calls are computed where they come from, or wait their turn: each gets its own answer, and none is lost when the queue ends.
    @Test func shortCallsFromManyTasks() async throws {
        for sessions in [1, 2] {
            let repository = folder.repository { $0.settings.sessions = sessions }
            await repository.start()
            let expected = try await repository.call("layers", [1, 2, 3, 4]).floats
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        for step in 1...50 {
                            let scale = Float(number * 50 + step)
                            let answer = try await repository.call("layers", [1, 2, 3, 4].map { $0 * scale })
                            #expect(zip(answer.floats, expected).allSatisfy { abs($0 - $1 * scale) <= 1e-4 * abs($0) })
                        }
                    }
                }
                try await group.waitForAll()
            }
            let counts = try await statistics(repository)
            #expect(counts.succeeded.count == 401 && counts.waiting == 0 && counts.running == 0)
            await repository.drain(until: .now + .seconds(60))
            #expect(await servingError { try await repository.call("layers", [1, 2, 3, 4]) } == .draining)
        }
    }

    @Test func shortCallsAreThoseThatWereShort() throws {
        let model = try Model(folder.path + "/layers.onnx").compiled()
        let function = ServedFunction(try #require(model.functions.first), ModelSettings(), largestSizes: [:])
        func call(_ rows: Int) throws -> Call {
            Call(function, ["x": try Tensor([Float](repeating: 1, count: 4 * rows), [rows, 4])], deadline: nil, arrival: .now)
        }
        var calls = ShortCalls()
        #expect(!calls.has(try call(1)), "nothing is known")
        calls.add(try call(1), .microseconds(10))
        #expect(try calls.has(call(1)) && !calls.has(call(64)), "known of this size alone")
        calls.add(try call(64), .milliseconds(2))
        #expect(!calls.has(try call(64)))
        for _ in 0..<8 { calls.add(try call(64), .microseconds(10)) }
        #expect(calls.has(try call(64)), "the slow one is outweighed")
        calls.add(try call(64), .milliseconds(20))
        #expect(!calls.has(try call(64)), "slow again")
    }

    /// Three requests, of which one runs and two wait.
    private func three(_ repository: ModelRepository) async throws -> [Task<InferenceResponse, any Error>] {
        var tasks: [Task<InferenceResponse, any Error>] = []
        for number in 0..<3 {
            tasks.append(Task { try await repository.call("layers", [1, 2, 3, 4]) })
            try await repository.waits("layers", waiting: number)
        }
        return tasks
    }

    @Test func drainingAnswersWhatWaits() async throws {
        let repository = await started()
        let tasks = try await three(repository)
        let drained = Task { await repository.drain(until: .now + .seconds(60)) }
        try await eventually("it drains") { await !repository.isReady }
        #expect(await servingError { try await repository.call("layers", [1, 2, 3, 4]) } == .draining)
        hold.open()
        for task in tasks { #expect(try await task.value.floats.count == 4) }
        await drained.value
    }

    @Test func drainingEndsAtItsDeadline() async throws {
        let repository = await started()
        let tasks = try await three(repository)
        let drained = Task { await repository.drain(until: .now) }
        for task in tasks { #expect(await servingError { try await task.value } == .draining) }
        hold.open()
        await drained.value
    }

    @Test func wrongRequestsAreNamed() async throws {
        hold.open()
        try folder.write("pair.ir", Models.pair)
        let repository = await started()
        let x = NamedTensor("x", try Tensor([1, 2, 3, 4] as [Float], [1, 4]))
        func message(_ request: InferenceRequest) async -> String {
            let error = await servingError { try await repository.infer(request) }
            return "\(error.map { "\($0.httpStatus) \($0)" } ?? "")"
        }
        #expect(await message(InferenceRequest("nobody", inputs: [x])).hasPrefix("404 no model 'nobody'"))
        #expect(await message(InferenceRequest("layers", version: "7", inputs: [x])).hasPrefix("404"))
        #expect(await message(InferenceRequest("layers", version: "one", inputs: [x])).hasPrefix("404"))
        #expect(await message(InferenceRequest("layers", inputs: [x, x])).contains("'x' is given twice"))
        #expect(await message(InferenceRequest("layers", inputs: [])).contains("needs the input 'x'"))
        #expect(await message(InferenceRequest("layers", inputs: [x, NamedTensor("z", x.tensor)])).contains("'z'"))
        #expect(await message(InferenceRequest("layers", inputs: [x], outputs: ["q"])).contains("no output 'q'; it has: y"))
        #expect(await message(InferenceRequest("layers", inputs: [x], outputs: ["y", "y"])).contains("'y' is asked for twice"))
        #expect(await message(InferenceRequest("layers", function: "f", inputs: [x])).contains("no function 'f'; the model has: main"))
        #expect(await message(InferenceRequest("pair", inputs: [x])).contains("twice, square"))
        let shape = NamedTensor("x", try Tensor([1, 2, 3] as [Float], [1, 3]))
        #expect(await message(InferenceRequest("layers", inputs: [shape])).hasPrefix("400"))
        let type = NamedTensor("x", try Tensor([1, 2, 3, 4], [1, 4]))
        #expect(await message(InferenceRequest("layers", inputs: [type])).contains("i64"))
        #expect(try await repository.call("layers", [1, 2, 3, 4]).batchSize == 1)
    }
}
