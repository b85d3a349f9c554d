import Foundation
import FoundationNetworking
import Names

/// A failure that another try may mend.
struct TransientError: Error {
    /// What to say when no try mended it.
    let error: HubError
    /// The pause that the server asks for.
    var pause: Duration?
    /// Whether the server's name could not be found: then there is most likely no network at all.
    var isNameUnknown = false

    /// The error behind a failed exchange: `TransientError`, or one that no other try would mend.
    static func classify(_ error: any Error, _ url: URL) -> any Error {
        guard let error = error as? URLError else { return error }
        let host = "\(url.scheme ?? "")://\(url.host ?? "")"
        let reason = ForeignText.clean(error.localizedDescription)
        switch error.code {
        case .cancelled: return CancellationError()
        case .badURL, .unsupportedURL, .secureConnectionFailed, .serverCertificateHasBadDate, .serverCertificateUntrusted,
            .serverCertificateHasUnknownRoot, .serverCertificateNotYetValid, .clientCertificateRejected, .clientCertificateRequired:
            return HubError(.unreachable, "\(host) cannot be reached safely: \(reason)")
        default:
            let text = "\(host) cannot be reached: \(reason); check the network, HF_ENDPOINT and https_proxy"
            return TransientError(error: HubError(.unreachable, text), isNameUnknown: error.code == .cannotFindHost)
        }
    }

    /// Statuses that pass: overload, too many requests, a gateway without a server behind it.
    static func status(_ head: HTTPHead, _ what: String) -> TransientError? {
        guard [408, 425, 429, 500, 502, 503, 504].contains(head.status) else { return nil }
        let seconds = head["retry-after"].flatMap(HTTPHead.size).map { Duration.seconds(min($0, 60)) }
        let advice = head.status == 429 ? "too many requests; wait, or give a token" : "try again later"
        let text = "\(what): \(head.url.host ?? "the Hub") answers \(head.status); \(advice)"
        return TransientError(error: HubError(.unreachable, text), pause: seconds)
    }
}

extension RetryPolicy {
    /// Calls `body` until it succeeds, fails for good, or has failed too often.
    /// - Throws: ``HubError`` and others that `body` throws; never a `TransientError`.
    func run<Result>(_ body: () async throws -> Result) async throws -> Result {
        for attempt in 1... {
            do {
                return try await body()
            } catch let failure as TransientError {
                guard attempt < attempts, !failure.isNameUnknown else { throw failure.error }
                try await Task.sleep(for: failure.pause ?? delay(after: attempt))
            }
        }
        throw CancellationError()
    }
}
