import Foundation
import Tessera
import TestSupport
import Testing

@testable import Serving

@Suite struct BatchTests {
    private func row(_ number: Int) -> [Float] { (0..<4).map { Float(number * 4 + $0).squareRoot() - 2 } }

    /// Starts `rows` requests while the first run is held, and lets them go together.
    private func together(_ repository: ModelRepository, _ hold: Hold, _ model: String, _ rows: [[Float]]) async throws
        -> [InferenceResponse]
    {
        hold.close()
        let first = Task { try await repository.call(model, row(0)) }
        try await repository.waits(model, waiting: 0)
        var tasks: [Task<InferenceResponse, any Error>] = []
        for values in rows {
            tasks.append(Task { try await repository.call(model, values, [values.count / 4, 4]) })
            try await repository.waits(model, waiting: tasks.count)
        }
        hold.open()
        _ = try await first.value
        var responses: [InferenceResponse] = []
        for task in tasks { responses.append(try await task.value) }
        return responses
    }

    @Test func requestsAreJoinedAndSplit() async throws {
        let (folder, hold) = (try ModelFolder(), Hold(open: true))
        try folder.write("layers.onnx", Models.layers(times: 3))
        let repository = folder.repository { $0.hooks = hold.hooks }
        await repository.start()
        let rows = [row(1), row(2) + row(3), row(4)]
        var alone: [InferenceResponse] = []
        for values in rows { alone.append(try await repository.call("layers", values, [values.count / 4, 4])) }
        // The first batch of a combination of sizes is tried, the second is joined.
        for _ in 0..<2 {
            let joined = try await together(repository, hold, "layers", rows)
            #expect(joined.map(\.outputs) == alone.map(\.outputs))
            #expect(joined.map(\.batchSize) == [4, 4, 4])
            #expect(joined.map { $0.outputs.first?.tensor.shape } == [[1, 4], [2, 4], [1, 4]])
        }
        #expect(hold.batches == [1, 1, 1, 1, 3, 1, 3])
        let statistics = try #require(try await repository.statistics("layers").first)
        #expect(statistics.succeeded.count == 11 && statistics.rows == 1 + 2 + 1 + 2 * (1 + 4))
        #expect(statistics.batches.map(\.rows) == [1, 2, 4] && statistics.batches.map(\.runs.count) == [4, 1, 2])
        let description = try await repository.description("layers")
        #expect(description.functions.map(\.maxBatch) == [8] && description.platform == "tessera_onnx")
    }

    @Test func numbersOfRowsAreCountedWithinBounds() {
        let counter = StatisticsCounter("m", version: "1")
        for rows in [7] + Array(1...2000) + [7] { counter.note(rows: rows, began: .now, ended: .now) { _ in } }
        let found = counter.statistics
        #expect(found.batches.count == 1024 && found.batches.first { $0.rows == 7 }?.runs.count == 3)
        #expect(found.rows == 14 + 2000 * 2001 / 2 && found.compute.count == 2002)
    }

    @Test func aBatchHasNoMoreRowsThanItMay() async throws {
        let (folder, hold) = (try ModelFolder(), Hold(open: true))
        try folder.write("layers.onnx", Models.layers())
        let repository = folder.repository {
            $0.hooks = hold.hooks
            $0.settings.maxBatch = 3
        }
        await repository.start()
        let responses = try await together(repository, hold, "layers", (1...5).map(row) + [row(6) + row(7) + row(8) + row(9)])
        #expect(responses.map(\.batchSize) == [3, 3, 3, 2, 2, 4])
        for (number, response) in responses.dropLast().enumerated() {
            #expect(try await repository.call("layers", row(number + 1)).outputs == response.outputs)
        }
    }

    /// No timing: the delay is longer than the test, and the last request of a full batch ends it.
    @Test func aFullBatchDoesNotWait() async throws {
        let (folder, hold) = (try ModelFolder(), Hold(open: true))
        try folder.write("layers.onnx", Models.layers())
        let repository = folder.repository {
            $0.hooks = hold.hooks
            ($0.settings.maxBatch, $0.settings.maxDelay) = (2, .seconds(3600))
        }
        await repository.start()
        let first = Task { try await repository.call("layers", row(1)) }
        try await repository.waits("layers", waiting: 1, running: 0)
        #expect(try await repository.call("layers", row(2)).batchSize == 2)
        #expect(try await first.value.batchSize == 2)
        #expect(hold.batches == [2])
    }

    @Test func aDelayEnds() async throws {
        let folder = try ModelFolder()
        try folder.write("layers.onnx", Models.layers())
        let repository = folder.repository { $0.settings.maxDelay = .milliseconds(1) }
        await repository.start()
        #expect(try await repository.call("layers", row(1)).batchSize == 1)
    }

    @Test func rowsThatMixAreNotJoined() async throws {
        let (folder, hold) = (try ModelFolder(), Hold(open: true))
        try folder.write("mixing.ir", Models.mixing)
        let repository = folder.repository { $0.hooks = hold.hooks }
        await repository.start()
        for _ in 0..<2 {
            let responses = try await together(repository, hold, "mixing", [row(1), row(2)])
            #expect(responses.map(\.floats) == [row(1), row(2)])
        }
        #expect(hold.batches == [1, 2, 1, 1, 1], "the first try is the last")
        let function = try await repository.description("mixing").functions.first
        #expect(function?.maxBatch == 1 && function?.unbatchedBecause.contains("other bits") == true)
    }

    @Test func aFaultIsThatOfItsOwnRequest() async throws {
        let (folder, hold) = (try ModelFolder(), Hold())
        try folder.write("table.ir", Models.table)
        let repository = folder.repository { $0.hooks = hold.hooks }
        await repository.start()
        let ask: @Sendable (Int) async throws -> InferenceResponse = { number in
            try await repository.infer(InferenceRequest("table", inputs: [NamedTensor("ids", try Tensor([number], [1]))]))
        }
        let held = Task { try await ask(0) }
        try await repository.waits("table", waiting: 0)
        let (good, bad) = (Task { try await ask(1) }, Task { try await ask(7) })
        try await repository.waits("table", waiting: 2)
        hold.open()
        #expect(try await held.value.floats == [1, 2, 3])
        #expect(try await good.value.floats == [4, 5, 6])
        let error = await servingError { try await bad.value }
        #expect(error?.category == .usage, "\(String(describing: error))")
        #expect(try await repository.statistics("table").first?.failed.count == 1)
    }

    @Test func differentSizesAndFunctionsStayApart() async throws {
        let (folder, hold) = (try ModelFolder(), Hold())
        try folder.write("pair.ir", Models.pair)
        let repository = folder.repository { $0.hooks = hold.hooks }
        await repository.start()
        let ask: @Sendable (String) async throws -> InferenceResponse = { function in
            try await repository.call("pair", [3], [1], function: function)
        }
        let tasks = [Task { try await ask("twice") }]
        try await repository.waits("pair", waiting: 0)
        let more = [Task { try await ask("twice") }, Task { try await ask("square") }, Task { try await ask("twice") }]
        try await repository.waits("pair", waiting: 3)
        hold.open()
        #expect(try await tasks[0].value.floats == [6])
        for number in [0, 2] { #expect(try await more[number].value.floats == [6]) }
        #expect(try await more[1].value.floats == [9])
        #expect(hold.batches.sorted() == [1, 1, 2])
    }

    @Test func whatCannotBeJoinedSaysWhy() async throws {
        let folder = try ModelFolder()
        let fixed = ONNXBytes.graph(
            [ONNXBytes.node("Relu", ["x"], ["y"])], inputs: [ONNXBytes.value("x", 1, ["1", "4"])],
            outputs: [ONNXBytes.value("y", 1, ["1", "4"])])
        try folder.write("fixed.onnx", ONNXBytes.model(fixed))
        let repository = folder.repository()
        await repository.start()
        let function = try await repository.description("fixed").functions.first
        #expect(function?.maxBatch == 1 && function?.unbatchedBecause.contains("fixed") == true)
        #expect(try await repository.call("fixed", row(1)).batchSize == 1)
    }

    /// A model of the usual kind: rows of a vision transformer.
    @Test(.enabled(if: SharedData.isWanted, Comment(rawValue: SharedData.absence)))
    func aTransformerGivesTheSameBitsInBatches() async throws {
        let (folder, hold) = (try ModelFolder(), Hold(open: true))
        let file = try Data(contentsOf: URL(fileURLWithPath: SharedData.path("onnx/exports/vit-script-17/model.onnx")))
        try folder.write("vit.onnx", file)
        let repository = folder.repository { $0.hooks = hold.hooks }
        await repository.start()
        let function = try #require(try await repository.description("vit").functions.first)
        #expect(function.maxBatch == 8, "\(function.unbatchedBecause)")
        let input = try #require(function.function.inputs.first)
        let shape = input.shape.map { if case .size(let size) = $0 { size } else { 1 } }
        let count = shape.reduce(1, *)
        let requests = try (0..<4).map { number in
            let values = (0..<count).map { Float(($0 * 7 + number * 13) % 31) / 16 - 1 }
            return InferenceRequest("vit", inputs: [NamedTensor(input.name, try Tensor(values, shape))])
        }
        var alone: [[NamedTensor]] = []
        for request in requests { alone.append(try await repository.infer(request).outputs) }
        for _ in 0..<2 {
            hold.close()
            let first = Task { try await repository.infer(requests[0]) }
            try await repository.waits("vit", waiting: 0)
            var tasks: [Task<InferenceResponse, any Error>] = []
            for request in requests {
                tasks.append(Task { try await repository.infer(request) })
                try await repository.waits("vit", waiting: tasks.count)
            }
            hold.open()
            _ = try await first.value
            for (number, task) in tasks.enumerated() {
                let response = try await task.value
                #expect(response.outputs == alone[number] && response.batchSize == 4)
            }
        }
    }
}
