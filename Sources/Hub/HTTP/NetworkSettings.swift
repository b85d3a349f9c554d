import Formats
import Foundation
import Names

/// How the network is reached: proxies, and whose certificates are trusted. The variables are those of Python's requests and httpx, which
/// huggingface_hub uses, and of curl: in lower case first, then in upper case.
struct NetworkSettings: Sendable {
    /// A proxy, its name and password apart from what may be shown.
    struct Proxy: Sendable, Equatable {
        /// `http://host:port`
        let address: String
        let user: String?
        let password: String?
        /// Of which variable.
        let source: String
    }

    /// Certificate authorities in place of the system's: those of all variables that are set, since each tool has its own.
    struct Trust: Sendable, Equatable {
        /// Certificates in PEM form.
        var authorities: String?
        /// Folders of certificates, with ":" between them.
        var folders: String?
        /// `SSL_CERT_FILE (path)`, for messages.
        var sources: [String] = []
    }

    /// By the scheme of what is fetched.
    private(set) var proxies: [String: Proxy] = [:]
    private(set) var noProxy: String?
    private(set) var trust: Trust?

    init() {}

    /// - Throws: ``HubError`` of kind `invalid` naming the variable.
    init(_ values: HubSettings.Values) throws(HubError) {
        for scheme in ["http", "https"] {
            for name in ["\(scheme)_proxy", "all_proxy"] {
                if proxies[scheme] == nil { proxies[scheme] = try NetworkSettings.proxy(values, name) }
            }
        }
        noProxy = values["no_proxy"] ?? values["NO_PROXY"]
        trust = try NetworkSettings.trust(values)
    }

    /// The proxy between here and `url`; nil if there is none.
    func proxy(for url: URL) -> Proxy? { isDirect(url) ? nil : proxies[(url.scheme ?? "").lowercased()] }

    private func isDirect(_ url: URL) -> Bool {
        let host = (url.host ?? "").lowercased()
        return (noProxy ?? "").lowercased().split { $0 == "," || $0 == " " }.contains { entry in
            let name = entry.hasPrefix("*.") ? entry.dropFirst(2) : entry.hasPrefix(".") ? entry.dropFirst() : entry
            return name == "*" || host == name || host.hasSuffix(".\(name)") || "\(host):\(url.port ?? 0)" == name
        }
    }

    private static func proxy(_ values: HubSettings.Values, _ name: String) throws(HubError) -> Proxy? {
        for source in [name, name.uppercased()] {
            guard let text = values[source]?.trimmingCharacters(in: .whitespaces), !text.isEmpty else { continue }
            // The value may hold a password, so it is not shown.
            guard let proxy = Proxy(text, source) else {
                throw HubError(.invalid, "\(source) holds no address of a proxy; give one such as http://proxy.example:8080")
            }
            return proxy
        }
        return nil
    }

    private static func trust(_ values: HubSettings.Values) throws(HubError) -> Trust? {
        var trust = Trust()
        for source in ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"] {
            guard let path = values.path(source) else { continue }
            if DiskItem.isFolder(path) {
                trust.folders = [trust.folders, path].compactMap { $0 }.joined(separator: ":")
            } else {
                trust.authorities = (trust.authorities.map { $0 + "\n" } ?? "") + (try authorities(path, source))
            }
            trust.sources.append("\(source) (\(ForeignText.clean(path)))")
        }
        if let folders = values.path("SSL_CERT_DIR") {
            guard folders.split(separator: ":").contains(where: { DiskItem.isFolder(String($0)) }) else {
                throw HubError(
                    .invalid, "SSL_CERT_DIR: \(ForeignText.clean(folders)) is no folder; name one with certificates, or unset it")
            }
            trust.folders = [trust.folders, folders].compactMap { $0 }.joined(separator: ":")
            trust.sources.append("SSL_CERT_DIR (\(ForeignText.clean(folders)))")
        }
        return trust.sources.isEmpty ? nil : trust
    }

    private static func authorities(_ path: String, _ source: String) throws(HubError) -> String {
        let shown = "\(source): \(ForeignText.clean(path))"
        let advice = "name a file with the certificates of the authorities to trust, in PEM form, or unset it"
        let text: String
        do throws(CheckpointError) {
            // Comments between certificates may be in any encoding.
            text = String(decoding: try MappedFile.bytes(path, limit: 1 << 26).prefix { $0 != 0 }, as: UTF8.self)
        } catch { throw HubError(.invalid, "\(shown) cannot be read: \(error.problem); \(advice)") }
        guard ["-----BEGIN CERTIFICATE-----", "-----BEGIN TRUSTED CERTIFICATE-----"].contains(where: text.contains) else {
            throw HubError(.invalid, "\(shown) holds no certificate; \(advice)")
        }
        return text
    }
}

extension NetworkSettings.Proxy {
    /// Reads `[scheme://][user[:password]@]host[:port][/]`; what is special in user and password may be written with `%`.
    init?(_ text: String, _ source: String) {
        let parts = text.range(of: "://").map { (text[..<$0.lowerBound].lowercased(), text[$0.upperBound...]) } ?? ("http", text[...])
        guard ["http", "https", "socks4", "socks4a", "socks5", "socks5h"].contains(parts.0) else { return nil }
        let at = parts.1.lastIndex(of: "@")
        let place = (at.map { parts.1[parts.1.index(after: $0)...] } ?? parts.1).prefix { $0 != "/" }
        let address = "\(parts.0)://\(place)"
        guard let url = URL(string: address), url.host?.isEmpty == false, url.query == nil, url.fragment == nil else { return nil }
        self.address = address
        self.source = source
        let login = at.map { parts.1[..<$0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false) } ?? []
        user = login.first.map { $0.removingPercentEncoding ?? String($0) }
        password = login.dropFirst().first.map { $0.removingPercentEncoding ?? String($0) }
    }
}
