import Foundation
import Names

/// Status and header of an answer.
struct HTTPHead: Sendable {
    let status: Int
    let url: URL
    /// By name in lower case.
    private let fields: [String: String]

    /// The head in `lines`: a line of status, then one for each field. nil if it is none.
    init?(_ lines: [String], _ url: URL) {
        guard let words = lines.first?.split(separator: " "), words.count >= 2, let status = Int(words[1]) else { return nil }
        (self.status, self.url) = (status, url)
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let name = line[..<colon].lowercased()
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            fields[name] = fields[name].map { "\($0), \(value)" } ?? value
        }
        self.fields = fields
    }

    var isSuccess: Bool { (200..<300).contains(status) }

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
