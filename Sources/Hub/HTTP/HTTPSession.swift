import Foundation
import FoundationNetworking
import Synchronization

/// HTTP by Foundation's URLSession, one answer at a time into a ``BodySink``.
///
/// What swift-corelibs-foundation leaves to do: it queues received data without limit, ignores a disposition of `.cancel`, and
/// `cancel()` waits for its own work queue, so that it must not be called from a callback. ``CallbackQueue`` bounds the queue;
/// ``Exchange`` ends early by itself and cancels from elsewhere. Redirects are not followed here.
final class HTTPSession: Sendable {
    private let session: URLSession
    private let callbacks = Callbacks()

    /// `timeout`: seconds without a byte after which a connection counts as broken.
    init(timeout: Double) {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = timeout
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.urlCache = nil
        configuration.urlCredentialStorage = nil
        session = URLSession(configuration: configuration, delegate: callbacks, delegateQueue: CallbackQueue())
    }

    deinit {
        DispatchQueue.global().async { [session] in session.invalidateAndCancel() }
    }

    /// The answer's head, once the body of a success (2xx) has gone into `sink`; other bodies are not read.
    /// - Throws: `URLError`, what `sink` throws, `CancellationError`.
    func perform(_ request: URLRequest, sink: (any BodySink)? = nil) async throws -> HTTPHead {
        try Task.checkCancellation()
        let task = session.dataTask(with: request)
        let exchange = Exchange(task, sink)
        callbacks.add(exchange)
        defer { callbacks.remove(exchange) }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { exchange.start($0) }
        } onCancel: {
            // Elsewhere: the task may be cancelled by what a sink calls, and the exchange waits for its sink.
            DispatchQueue.global().async { exchange.finish(.failure(CancellationError())) }
        }
    }

    private final class Callbacks: NSObject, URLSessionDataDelegate, Sendable {
        private let exchanges = Mutex<[Int: Exchange]>([:])

        func add(_ exchange: Exchange) { exchanges.withLock { $0[exchange.task.taskIdentifier] = exchange } }

        func remove(_ exchange: Exchange) { exchanges.withLock { $0[exchange.task.taskIdentifier] = nil } }

        private func exchange(_ task: URLSessionTask) -> Exchange? { exchanges.withLock { $0[task.taskIdentifier] } }

        func urlSession(
            _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse, newRequest: URLRequest,
            completionHandler: @escaping @Sendable (URLRequest?) -> Void
        ) { completionHandler(nil) }

        func urlSession(
            _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
            completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
        ) {
            exchange(dataTask)?.begin(response)
            completionHandler(.allow)
        }

        func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) { exchange(dataTask)?.receive(data) }

        func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
            exchange(task)?.complete(error)
        }
    }
}

/// Runs callbacks one after the other, and lets URLSession wait while the last ones are not done: without this a slow disk or
/// a slow checksum would collect the rest of the file in memory.
private final class CallbackQueue: OperationQueue, @unchecked Sendable {
    /// Callbacks that may wait; each holds at most 16 kB of data.
    private let places = DispatchSemaphore(value: 256)

    override init() {
        super.init()
        maxConcurrentOperationCount = 1
    }

    override func addOperation(_ block: @escaping @Sendable () -> Void) {
        places.wait()
        super.addOperation { [places] in
            block()
            places.signal()
        }
    }
}
