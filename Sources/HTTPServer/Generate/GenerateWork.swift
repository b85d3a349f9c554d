import Formats
import HTTPTypes
import Hummingbird
import NIOCore
import ServerTraces
import Serving
import Tessera

/// A generation that has its place in the queue, and the ways to answer with it. All of them stop it when the client goes away.
struct GenerateWork: Sendable {
    let pipeline: ServedPipeline
    let seed: UInt64
    let generation: ServedGeneration
    private let began = ContinuousClock.now
    private let span: GenerationSpan

    init(pipeline: ServedPipeline, seed: UInt64, generation: ServedGeneration) {
        (self.pipeline, self.seed, self.generation) = (pipeline, seed, generation)
        span = GenerationSpan(model: pipeline.name, version: pipeline.version)
    }

    /// All results at once.
    func json(_ context: ServerContext) async throws -> Response {
        let answer = try GenerateAnswer.results(try await results(context), of: pipeline, seed: seed, time: .now - began)
        return Answer.json(Array(answer.description.utf8))
    }

    /// The one picture.
    func png(_ context: ServerContext) async throws -> Response {
        let targets = try await results(context).flatMap(\.targets)
        let type = AnswerForm.png.rawValue
        guard targets.count == 1, let target = targets.first else {
            throw AnswerError(.badRequest, "an answer of \(type) has one target of one sample; these are \(targets.count)")
        }
        guard let picture = target.picture else {
            throw AnswerError(.notAcceptable, "'\(target.modality)' is no picture; ask for \(AnswerForm.json.rawValue)")
        }
        return Response(
            status: .ok, headers: [.contentType: type], body: ResponseBody(byteBuffer: ByteBuffer(bytes: try picture.png())))
    }

    private func results(_ context: ServerContext) async throws -> [GenerationResult] {
        try await context.whileConnected { try await span.around { try await collect() } }
    }

    private func collect() async throws -> [GenerationResult] {
        var found: [GenerationResult] = []
        for try await event in generation { if case .result(let result) = event { found.append(result) } }
        return found
    }

    /// Every event as it comes; an error is the last of them. A client that reads more slowly than they come misses steps.
    func events(_ context: ServerContext) -> Response {
        Response(
            status: .ok, headers: [.contentType: AnswerForm.events.rawValue, .cacheControl: "no-store"],
            body: ResponseBody { writer in
                let queue = EventQueue()
                let task = Task {
                    do { try await context.whileConnected { try await span.around { try await tell(queue) } } } catch {
                        queue.put(GenerateWork.event("error", GenerateAnswer.failure(error)))
                    }
                    queue.finish()
                }
                // A client that has gone is noticed here, too: its connection takes no more.
                defer { task.cancel() }
                for await event in queue.events {
                    try await writer.write(event)
                    queue.took(event)
                }
                try await writer.finish(nil)
            })
    }

    private func tell(_ queue: EventQueue) async throws {
        var count = 0
        for try await event in generation {
            switch event {
            case .progress(let what, let share):
                if !queue.isFull { queue.put(GenerateWork.event("progress", GenerateAnswer.progress(what, share: share))) }
            case .step(let step):
                if !queue.isFull { queue.put(GenerateWork.event("step", try GenerateAnswer.step(step))) }
            case .result(let result):
                count += 1
                queue.put(GenerateWork.event("result", try GenerateAnswer.result(result)))
            }
        }
        queue.put(GenerateWork.event("done", GenerateAnswer.done(pipeline, seed: seed, results: count, time: .now - began)))
    }

    /// JSON on one line, so that an event is two lines and an empty one.
    private static func event(_ name: String, _ data: ConfigValue) -> ByteBuffer { ByteBuffer(string: "event: \(name)\ndata: \(data)\n\n") }
}
