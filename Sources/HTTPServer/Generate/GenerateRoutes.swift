import Formats
import Hummingbird
import NIOCore
import Serving
import Tessera

/// `POST /v1/generate`.
package struct GenerateRoutes: Sendable {
    let repository: ModelRepository
    let limits: GenerateLimits

    /// Generates with the pipelines of `repository`.
    package init(_ repository: ModelRepository, _ limits: GenerateLimits = GenerateLimits()) {
        (self.repository, self.limits) = (repository, limits)
    }

    /// Adds the route to `router`.
    package func add(to router: some RouterMethods<some RequestContext>) {
        router.on("/v1/generate", method: .post) { request, _ in
            await GenerateFailure.answering { try await answer(request) }
        }
    }

    private func answer(_ given: Request) async throws -> Response {
        var request = given
        let form = try AnswerForm(accept: request.headers[.accept])
        let message = try GenerateMessage(try await body(&request), type: request.headers[.contentType], limits)
        let pipeline = try await repository.pipeline(message.model)
        let deadline = message.timeout.map { ContinuousClock.now.advanced(by: $0) }
        let work = GenerateWork(pipeline: pipeline, seed: message.request.seed, generation: try pipeline.generate(message.request, deadline: deadline))
        switch form {
        case .events: return work.events(request)
        case .json: return try await work.json(request)
        case .png: return try await work.png(request)
        }
    }

    private func body(_ request: inout Request) async throws -> [UInt8] {
        do { return Array(buffer: try await request.collectBody(upTo: limits.bodyBytes)) } catch is NIOTooManyBytesError {
            throw GenerateFailure(.contentTooLarge, "the request is larger than \(limits.bodyBytes) bytes")
        }
    }
}

/// A generation that has its place in the queue, and the ways to answer with it. All of them stop it when the client goes away.
struct GenerateWork: Sendable {
    let pipeline: ServedPipeline
    let seed: UInt64
    let generation: ServedGeneration
    private let began = ContinuousClock.now

    init(pipeline: ServedPipeline, seed: UInt64, generation: ServedGeneration) {
        (self.pipeline, self.seed, self.generation) = (pipeline, seed, generation)
    }

    /// All results at once.
    func json(_ request: Request) async throws -> Response {
        let answer = try GenerateAnswer.results(try await results(request), of: pipeline, seed: seed, time: ContinuousClock.now - began)
        return Response(
            status: .ok, headers: [.contentType: AnswerForm.json.rawValue], body: ResponseBody(byteBuffer: ByteBuffer(string: answer.description)))
    }

    /// The one picture.
    func png(_ request: Request) async throws -> Response {
        let targets = try await results(request).flatMap(\.targets)
        guard targets.count == 1, let target = targets.first else {
            throw GenerateFailure(.badRequest, "an answer of \(AnswerForm.png.rawValue) has one target of one sample; these are \(targets.count)")
        }
        guard let picture = target.picture else {
            throw GenerateFailure(.notAcceptable, "'\(target.modality)' is no picture; ask for \(AnswerForm.json.rawValue)")
        }
        return Response(
            status: .ok, headers: [.contentType: AnswerForm.png.rawValue], body: ResponseBody(byteBuffer: ByteBuffer(bytes: try picture.png())))
    }

    private func results(_ request: Request) async throws -> [GenerationResult] {
        try await request.body.consumeWithCancellationOnInboundClose { _ in
            var found: [GenerationResult] = []
            for try await event in generation { if case .result(let result) = event { found.append(result) } }
            return found
        }
    }

    /// Every event as it comes; an error is the last of them.
    func events(_ request: Request) -> Response {
        let headers: HTTPFields = [.contentType: AnswerForm.events.rawValue, .cacheControl: "no-store"]
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                try await request.body.consumeWithCancellationOnInboundClose { _ in
                    do { try await tell(&writer) } catch {
                        if Task.isCancelled { throw error }
                        try await writer.write(GenerateWork.event("error", GenerateFailure(error).json))
                    }
                }
                try await writer.finish(nil)
            })
    }

    private func tell(_ writer: inout any ResponseBodyWriter) async throws {
        var count = 0
        for try await event in generation {
            switch event {
            case .progress(let what, let share):
                try await writer.write(GenerateWork.event("progress", GenerateAnswer.progress(what, share: share)))
            case .step(let step): try await writer.write(GenerateWork.event("step", try GenerateAnswer.step(step)))
            case .result(let result):
                count += 1
                try await writer.write(GenerateWork.event("result", try GenerateAnswer.result(result)))
            }
        }
        let done = GenerateAnswer.done(pipeline, seed: seed, results: count, time: ContinuousClock.now - began)
        try await writer.write(GenerateWork.event("done", done))
    }

    /// JSON has no line ends, so that an event is two lines and an empty one.
    private static func event(_ name: String, _ data: ConfigValue) -> ByteBuffer { ByteBuffer(string: "event: \(name)\ndata: \(data)\n\n") }
}
