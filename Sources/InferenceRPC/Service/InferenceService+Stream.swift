import GRPCCore
import Serving
import Tessera

extension InferenceService {
    /// Answers a stream of requests in their order. Requests begin as they come, before earlier ones are answered, up to a window; one that
    /// fails is answered by its message, and the stream goes on.
    func modelStreamInfer(
        request: RPCAsyncSequence<Inference_ModelInferRequest, any Error>,
        response: RPCWriter<Inference_ModelStreamInferResponse>, context: ServerContext
    ) async throws {
        let (deadline, endsOnFailure) = (CallContext.deadline, CallContext.endsOnFailure)
        try await CallContext.stopping {
            try await OrderedAnswers.forward(request, window: streamWindow) { message in
                await streamAnswer(message, deadline)
            } write: { answer in
                if let failure = answer.failure, endsOnFailure { throw failure }
                try await response.write(answer.message)
            }
        }
    }

    private func streamAnswer(
        _ message: Inference_ModelInferRequest, _ deadline: ContinuousClock.Instant?
    ) async -> (message: Inference_ModelStreamInferResponse, failure: (any Error)?) {
        var made = Inference_ModelStreamInferResponse()
        do {
            made.inferResponse = try await infer(message, deadline)
            return (made, nil)
        } catch {
            let error = CallFailure.told(error)
            made.errorMessage = (error as? any RPCErrorConvertible)?.rpcErrorMessage ?? "\(error)"
            // Which of the requests it was.
            (made.inferResponse.modelName, made.inferResponse.id) = (message.modelName, message.id)
            return (made, error)
        }
    }
}

/// Work on the elements of a sequence, many at a time, with results in the order of the elements.
enum OrderedAnswers {
    /// Reads `source`, works on at most `window` elements at a time, and writes what comes of each in order. Cancelling the task stops all.
    /// - Throws: what `source` or `write` throw.
    static func forward<Source: AsyncSequence & Sendable, Answer: Sendable>(
        _ source: Source, window: Int, work: @escaping @Sendable (Source.Element) async -> Answer,
        write: @escaping @Sendable (Answer) async throws -> Void
    ) async throws where Source.Element: Sendable {
        let (tasks, queue) = AsyncStream<Task<Answer, Never>>.makeStream()
        let (free, places) = AsyncStream<Void>.makeStream()
        for _ in 0..<max(window, 1) { places.yield() }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await read(source, free, queue, work) }
                group.addTask {
                    for await task in tasks {
                        let answer = await withTaskCancellationHandler {
                            await task.value
                        } onCancel: {
                            task.cancel()
                        }
                        try await write(answer)
                        places.yield()
                    }
                }
                // The first failure ends both.
                while try await group.next() != nil {}
            }
        } catch {
            queue.finish()
            // What nobody waits for any more.
            for await task in tasks { task.cancel() }
            throw error
        }
    }

    /// Begins work on each element as soon as there is a place for it.
    private static func read<Source: AsyncSequence & Sendable, Answer: Sendable>(
        _ source: Source, _ free: AsyncStream<Void>, _ queue: AsyncStream<Task<Answer, Never>>.Continuation,
        _ work: @escaping @Sendable (Source.Element) async -> Answer
    ) async throws where Source.Element: Sendable {
        // Ends the writer as well, once what has begun is written.
        defer { queue.finish() }
        var freed = free.makeAsyncIterator()
        var elements = source.makeAsyncIterator()
        while await freed.next() != nil, let element = try await elements.next() {
            queue.yield(Task { await work(element) })
        }
        try Task.checkCancellation()
    }
}
