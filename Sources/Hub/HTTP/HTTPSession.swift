import CCurl
import Foundation
import Synchronization

/// A question to a server.
struct HTTPRequest: Sendable {
    let url: URL
    /// Whether only the head of the answer is wanted (HEAD), or the body too (GET).
    let headOnly: Bool
    let fields: [String: String]
}

/// HTTP by libcurl, each exchange on a thread of its own that blocks until it ends. Redirects are not followed here.
///
/// Foundation's URLSession stands on libcurl too, but lets nobody name certificate authorities or a proxy, drops libcurl's reasons, and
/// queues what arrives without limit.
final class HTTPSession: Sendable {
    private let network: NetworkSettings
    /// Seconds without a byte after which a connection counts as broken.
    private let timeout: Double
    /// Connections that are open between exchanges.
    private let idle = Mutex<[Handle]>([])

    /// A handle is used by one exchange at a time.
    private final class Handle: @unchecked Sendable {
        let pointer: OpaquePointer

        init?() {
            guard let pointer = cc_open() else { return nil }
            self.pointer = pointer
        }

        deinit { cc_close(pointer) }
    }

    init(_ network: NetworkSettings, timeout: Double) { (self.network, self.timeout) = (network, timeout) }

    /// The answer's head, once the body of a success (2xx) has gone into `sink`; other bodies are not read.
    /// - Throws: ``TransferFailure``, what `sink` throws, ``HubError``, `CancellationError`.
    func perform(_ request: HTTPRequest, sink: (any BodySink)? = nil) async throws -> HTTPHead {
        try Task.checkCancellation()
        let exchange = Exchange(request.url, sink)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async { continuation.resume(with: Result { try self.run(request, exchange) }) }
            }
        } onCancel: {
            exchange.cancel()
        }
    }

    private func run(_ request: HTTPRequest, _ exchange: Exchange) throws -> HTTPHead {
        guard let handle = idle.withLock({ $0.popLast() }) ?? Handle() else {
            throw HubError(.unreachable, "libcurl.so.4 cannot be loaded, which fetches files; install it (Debian: apt install libcurl4)")
        }
        let outcome = perform(request, exchange, handle)
        idle.withLock { $0.append(handle) }
        return try exchange.result(TransferFailure(outcome, request.url, network))
    }

    private func perform(_ request: HTTPRequest, _ exchange: Exchange, _ handle: Handle) -> cc_outcome {
        var outcome = cc_outcome()
        var question = cc_request()
        question.head_only = request.headOnly ? 1 : 0
        question.stall_seconds = Int(timeout.rounded(.up))
        question.context = Unmanaged.passUnretained(exchange).toOpaque()
        question.on_header = { context, bytes, count in Exchange.of(context)?.takeHeader(bytes, count) ?? 1 }
        question.on_body = { context, bytes, count in Exchange.of(context)?.takeBody(bytes, count) ?? 1 }
        question.is_cancelled = { Exchange.of($0)?.isCancelled == false ? 0 : 1 }
        let proxy = network.proxy(for: request.url)
        let texts = CStrings()
        defer { withExtendedLifetime((texts, exchange)) {} }
        question.url = texts.add(request.url.absoluteString)
        question.fields = texts.addList(request.fields.map { "\($0): \($1)" })
        (question.authorities, question.ca_folders) = (texts.add(network.trust?.authorities), texts.add(network.trust?.folders))
        (question.proxy, question.no_proxy) = (texts.add(proxy?.address), texts.add(network.noProxy))
        (question.proxy_user, question.proxy_password) = (texts.add(proxy?.user), texts.add(proxy?.password))
        cc_perform(handle.pointer, &question, &outcome)
        return outcome
    }
}

/// Strings for C that live as long as the object.
private final class CStrings {
    private var strings: [UnsafeMutablePointer<CChar>] = []
    private var lists: [UnsafeMutablePointer<UnsafePointer<CChar>?>] = []

    deinit {
        for string in strings { free(string) }
        for list in lists { list.deallocate() }
    }

    func add(_ text: String?) -> UnsafePointer<CChar>? {
        guard let text, let copy = strdup(text) else { return nil }
        strings.append(copy)
        return UnsafePointer(copy)
    }

    /// With nil at its end.
    func addList(_ texts: [String]) -> UnsafePointer<UnsafePointer<CChar>?> {
        let list = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: texts.count + 1)
        list.initialize(repeating: nil, count: texts.count + 1)
        for (index, text) in texts.enumerated() { list[index] = add(text) }
        lists.append(list)
        return UnsafePointer(list)
    }
}
