import Foundation
import FoundationNetworking
import Synchronization

/// Takes the body of a successful answer as it arrives. Called from one thread at a time, and never after the exchange has ended.
protocol BodySink: AnyObject, Sendable {
    func begin(_ head: HTTPHead) throws
    func receive(_ data: Data) throws
}

/// A body in memory.
final class BodyCollector: BodySink {
    private let limit: Int
    private let collected = Mutex(Data())

    init(limit: Int) { self.limit = limit }

    var data: Data { collected.withLock { $0 } }

    func begin(_ head: HTTPHead) { collected.withLock { $0 = Data() } }

    func receive(_ data: Data) throws {
        try collected.withLock {
            guard data.count <= limit - $0.count else { throw HubError(.malformed, "the Hub's answer is longer than \(limit) bytes") }
            $0.append(data)
        }
    }
}

/// A request and its answer, from start to whichever end comes first: completion, a sink that throws, cancellation.
final class Exchange: Sendable {
    let task: URLSessionDataTask
    private let sink: (any BodySink)?
    private let state = Mutex(State())

    private struct State {
        var continuation: CheckedContinuation<HTTPHead, any Error>?
        var head: HTTPHead?
        var hasEnded = false
    }

    init(_ task: URLSessionDataTask, _ sink: (any BodySink)?) { (self.task, self.sink) = (task, sink) }

    func start(_ continuation: CheckedContinuation<HTTPHead, any Error>) {
        let hasEnded = state.withLock { state in
            if !state.hasEnded { state.continuation = continuation }
            return state.hasEnded
        }
        if hasEnded { continuation.resume(throwing: CancellationError()) } else { task.resume() }
    }

    func begin(_ response: URLResponse) {
        guard let head = HTTPHead(response, task.originalRequest?.url) else { return finish(.failure(URLError(.badServerResponse))) }
        let isSuccess = (200..<300).contains(head.status)
        guarded { state in
            state.head = head
            if isSuccess { try sink?.begin(head) }
        }
        // An answer without a body completes by itself and leaves the connection for the next request.
        if !isSuccess, task.originalRequest?.httpMethod != "HEAD" { finish(.success(head)) }
    }

    func receive(_ data: Data) { guarded { _ in try sink?.receive(data) } }

    func complete(_ error: (any Error)?) {
        let head = state.withLock { $0.head }
        finish(error.map { .failure($0) } ?? head.map { .success($0) } ?? .failure(URLError(.badServerResponse)))
    }

    /// Ends the exchange, once. Waits for a sink that is at work, so that nothing a sink calls may call it.
    func finish(_ result: Result<HTTPHead, any Error>) {
        let continuation = state.withLock { state in
            let waiting = state.continuation
            (state.continuation, state.hasEnded) = (nil, true)
            return waiting
        }
        guard let continuation else { return }
        DispatchQueue.global().async { [task] in task.cancel() }
        continuation.resume(with: result)
    }

    private func guarded(_ body: (inout State) throws -> Void) {
        let failure = state.withLock { state -> (any Error)? in
            guard !state.hasEnded else { return nil }
            do { try body(&state) } catch { return error }
            return nil
        }
        if let failure { finish(.failure(failure)) }
    }
}
