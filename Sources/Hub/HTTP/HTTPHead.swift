import Foundation
import FoundationNetworking
import Names

/// Status and header of an answer.
struct HTTPHead: Sendable {
    let status: Int
    let url: URL
    /// By name in lower case.
    private let fields: [String: String]

    init?(_ response: URLResponse, _ url: URL?) {
        guard let response = response as? HTTPURLResponse, let url = response.url ?? url else { return nil }
        status = response.statusCode
        self.url = url
        var fields: [String: String] = [:]
        for (name, value) in response.allHeaderFields { fields["\(name)".lowercased()] = "\(value)" }
        self.fields = fields
    }

    subscript(name: String) -> String? { fields[name] }

    /// The field for messages.
    func shown(_ name: String) -> String { ForeignText.clean(self[name] ?? "") }

    /// `Content-Length`
    var length: Int? { self["content-length"].flatMap(HTTPHead.size) }

    /// `Content-Range: bytes START-END/TOTAL`
    var contentRange: (start: Int, total: Int?)? {
        guard let text = self["content-range"], text.hasPrefix("bytes ") else { return nil }
        let parts = text.dropFirst("bytes ".count).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let start = parts[0].split(separator: "-").first.flatMap({ HTTPHead.size(String($0)) }) else { return nil }
        return (start, HTTPHead.size(parts[1]))
    }

    /// Where the answer sends the client; nil if it is no redirect.
    var redirect: URL? {
        guard [301, 302, 303, 307, 308].contains(status), let location = self["location"] else { return nil }
        return URL(string: location, relativeTo: url)?.absoluteURL
    }

    /// A number of bytes; nil for signs, blanks and what does not fit.
    static func size(_ text: String) -> Int? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
    }
}

extension URL {
    /// Scheme, host and port: whoever shares them is the same server.
    var origin: String {
        let scheme = (scheme ?? "").lowercased()
        return "\(scheme)://\((host ?? "").lowercased()):\(port ?? (scheme == "https" ? 443 : 80))"
    }
}
