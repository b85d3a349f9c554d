import CCurl
import Foundation
import Names

/// An exchange that libcurl could not bring to its end.
struct TransferFailure: Error, Equatable {
    /// CURLcode
    let code: Int
    /// errno of the connection; 0 if there is none.
    var systemError: Int32 = 0
    /// X509_V_ERR_… of the server's certificate, and of the proxy's.
    var (verification, proxyVerification) = (0, 0)
    /// Status of the proxy's answer to CONNECT; 0 if there was none.
    var proxyStatus = 0
    /// In libcurl's words.
    var message = ""
    /// `https://host`
    var server = ""
    /// `http://host:port`
    var proxy: String?
    var trust: NetworkSettings.Trust?

    /// nil for an exchange that succeeded.
    init?(_ outcome: cc_outcome, _ url: URL, _ network: NetworkSettings) {
        guard outcome.code != 0 else { return nil }
        self.init(code: Int(outcome.code))
        systemError = Int32(truncatingIfNeeded: outcome.system_error)
        (verification, proxyVerification) = (outcome.verification, outcome.proxy_verification)
        proxyStatus = outcome.proxy_status
        message = withUnsafeBytes(of: outcome.message) { ForeignText.clean(String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)) }
        (server, proxy, trust) = ("\(url.scheme ?? "")://\(url.host ?? "")", network.proxy(for: url)?.address, network.trust)
    }

    init(code: Int) { self.code = code }

    /// Of a server that answered something else than HTTP.
    init(answersNonsense url: URL) {
        self.init(code: 1)
        (server, message) = ("\(url.scheme ?? "")://\(url.host ?? "")", "the answer is no HTTP")
    }

    /// The error to throw: ``TransientError``, or one that no other try would mend.
    var error: any Error {
        switch code {
        case 60, 51, 83: HubError(.untrusted, certificateText)
        case 35 where systemError == 0:
            HubError(.untrusted, "\(server) cannot be reached safely: \(message); it may be no https server, or an old one")
        case 77, 82:
            HubError(.invalid, "the certificate authorities of \(authorities ?? "this system") cannot be used: \(message)")
        case _ where proxyStatus >= 400: proxyRefusal
        default: TransientError(error: HubError(.unreachable, networkText), isNameUnknown: code == 5 || code == 6)
        }
    }

    // MARK: Certificates

    private var certificateText: String {
        let isProxys = proxyVerification != 0 && verification == 0
        let whose = isProxys ? "the proxy \(proxy ?? "")" : server
        let result = isProxys ? proxyVerification : verification
        switch result {
        case 10: return "the certificate of \(whose) has expired; check this machine's clock, and tell those who run the server"
        case 9: return "the certificate of \(whose) is not valid yet; check this machine's clock"
        case 23: return "the certificate of \(whose) was revoked by its authority; do not trust it"
        // libcurl looks at the name by itself, before it notes what the library found.
        case _ where message.contains("match"), 62, 64:
            return "the certificate of \(whose) is for another name: \(message); a proxy or a wrong HF_ENDPOINT may be the reason"
        default: return "the certificate of \(whose) comes from an authority that is not trusted here\(untrustedAdvice)"
        }
    }

    private var untrustedAdvice: String {
        guard let authorities else {
            return " (\(message)); if it is that of your own network, name the file with its certificate in SSL_CERT_FILE"
        }
        return " (\(message)): only those of \(authorities) are trusted; add its certificate there"
    }

    /// Where the trusted authorities are named; nil for the system's.
    private var authorities: String? { trust?.sources.joined(separator: ", ") }

    // MARK: Network

    private var proxyRefusal: HubError {
        let name = proxy ?? "the proxy"
        guard proxyStatus == 407 else {
            return HubError(
                .unreachable, "the proxy \(name) refuses to connect to \(server) (\(proxyStatus)); ask those who run it, or set NO_PROXY")
        }
        return HubError(
            .unauthorized,
            "the proxy \(name) wants a user name and a password (407); give right ones in HTTPS_PROXY, as http://USER:PASSWORD@host:port")
    }

    private var networkText: String {
        let way = proxy.map { " by the proxy \($0)" } ?? ""
        return "\(server) cannot be reached\(way): \(reason); check the network, HF_ENDPOINT and HTTPS_PROXY"
    }

    private var reason: String {
        switch code {
        case 5: return "the proxy's name is not known"
        case 6: return "its name is not known (no network, or a wrong name)"
        case 28: return systemError == ETIMEDOUT || message.contains("onnect") ? "no connection in time" : "nothing came for too long"
        case 52: return "it closed the connection without an answer"
        case 18, 56, 55, 16, 92:
            return systemError == ECONNRESET ? "the connection was reset" : "the connection broke off (\(message))"
        default: break
        }
        switch systemError {
        case ECONNREFUSED: return "the connection was refused"
        case ENETUNREACH, EHOSTUNREACH: return "there is no way to it"
        case ECONNRESET: return "the connection was reset"
        case ETIMEDOUT: return "no connection in time"
        default: return message.isEmpty ? "libcurl's error \(code)" : message
        }
    }
}
