import Formats
import Foundation
import Names

/// The Hub's HTTP interface, as far as files of model repositories need it.
///
/// `GET {endpoint}/api/models/ORG/NAME/revision/REV` lists commit and files; `HEAD` and `GET {endpoint}/ORG/NAME/resolve/REV/FILE`
/// give etag, size and content, large files by a redirect to another host. Source: huggingface_hub, `hf_api.py` and
/// `file_download.py`.
struct HubClient: Sendable {
    let settings: HubSettings
    private let http: HTTPSession

    init(_ settings: HubSettings) {
        self.settings = settings
        http = HTTPSession(settings.network, timeout: settings.timeout)
    }

    /// A revision of a repository.
    struct Listing: Sendable, Equatable {
        let commit: String
        let files: [String]
    }

    /// A file of a repository.
    struct FileFacts: Sendable, Equatable {
        let name: String
        /// Name of the blob: the etag.
        let blob: String
        /// Bytes; nil if the Hub does not say.
        let size: Int?
    }

    /// The commit that the revision of `name` stands for, and the files it has.
    /// - Throws: ``HubError``.
    func listing(of name: RepositoryName, _ onEvent: (Pull.Event) -> Void) async throws -> Listing {
        let url = try address("api/models/\(name.id)/revision/\(HubClient.escaped(name.wanted, keeping: ""))")
        let body = BodyCollector(limit: 64 << 20)
        try await settings.retries.run(onEvent) {
            let head = try await answer(url, following: .all, what: name.id, sink: body)
            try check(head, name, file: nil)
        }
        return try HubClient.parse(body.data, name)
    }

    private struct Answer: Decodable {
        struct Sibling: Decodable { let rfilename: String }

        let sha: String
        let siblings: [Sibling]?
    }

    static func parse(_ data: Data, _ name: RepositoryName) throws(HubError) -> Listing {
        guard let answer = try? ConfigValue(json: data, file: name.id).decode(Answer.self), RepositoryName.isCommit(answer.sha) else {
            throw HubError(.malformed, "\(name.id): the answer lists no commit; check that HF_ENDPOINT names a Hugging Face Hub")
        }
        let files = (answer.siblings ?? []).map(\.rfilename)
        for file in files { try RepositoryFile.check(file, in: name) }
        return Listing(commit: answer.sha, files: files)
    }

    /// Etag and size of `file`, without its content.
    /// - Throws: ``HubError``.
    func facts(
        of file: String, of name: RepositoryName, at commit: String, _ onEvent: (Pull.Event) -> Void
    ) async throws -> FileFacts {
        let url = try resolveAddress(file, name, commit)
        let head = try await settings.retries.run(onEvent) {
            let head = try await answer(url, headOnly: true, following: .sameServer, what: "\(name.id): \(file)")
            try check(head, name, file: file)
            return head
        }
        if let told = head["x-repo-commit"], told != commit {
            throw HubError(.malformed, "\(name.id): \(file) comes from commit \(ForeignText.clean(told)) where \(commit) was asked for")
        }
        guard let etag = head["x-linked-etag"] ?? head["etag"] else {
            throw HubError(.malformed, "\(name.id): the Hub gives no etag for \(file); check that HF_ENDPOINT names a Hugging Face Hub")
        }
        let length = head.redirect == nil ? head.length : nil
        return FileFacts(
            name: file, blob: try RepositoryFile.blobName(etag: etag, of: file, in: name),
            size: head["x-linked-size"].flatMap(HTTPHead.size) ?? length)
    }

    /// Sends the content of `file` from byte `start` on into `sink`.
    /// - Returns: the answer's head; a status that is neither success nor 416 is thrown.
    /// - Throws: ``HubError``; ``TransientError``.
    func content(
        of file: String, of name: RepositoryName, at commit: String, from start: Int, into sink: any BodySink
    ) async throws -> HTTPHead {
        let url = try resolveAddress(file, name, commit)
        let range = start > 0 ? ["Range": "bytes=\(start)-"] : [:]
        let head = try await answer(url, following: .all, fields: range, what: "\(name.id): \(file)", sink: sink)
        if head.status == 416 { return head }
        // An address that another host has signed may have run out; the next try gets a new one from the Hub.
        if [401, 403].contains(head.status), head.url.origin != settings.endpoint.origin {
            throw TransientError(error: HubError(.unreachable, "\(name.id): \(file): \(refusal(head)); pull again"))
        }
        try check(head, name, file: file)
        return head
    }

    private enum Following { case all, sameServer }

    /// The answer to a request, redirects followed. The token goes to the endpoint's own server only.
    private func answer(
        _ start: URL, headOnly: Bool = false, following: Following, fields: [String: String] = [:], what: String,
        sink: (any BodySink)? = nil
    ) async throws -> HTTPHead {
        var url = start
        for _ in 0..<10 {
            var all = fields.merging(["Accept-Encoding": "identity", "User-Agent": "tessera"]) { given, _ in given }
            if let token = settings.token, url.origin == settings.endpoint.origin { all["Authorization"] = "Bearer \(token)" }
            let head: HTTPHead
            do {
                head = try await http.perform(HTTPRequest(url: url, headOnly: headOnly, fields: all), sink: sink)
            } catch let failure as TransferFailure {
                throw failure.error
            }
            if let error = TransientError.status(head, what) { throw error }
            guard let next = head.redirect, following == .all || next.origin == url.origin else { return head }
            guard next.scheme == "https" || (next.scheme == "http" && url.scheme == "http") else {
                throw HubError(.malformed, "\(what): \(url.host ?? "") redirects to \(ForeignText.clean(next.origin)), which is not safe")
            }
            url = next
        }
        throw HubError(.malformed, "\(what): more than 10 redirects")
    }

    private func resolveAddress(_ file: String, _ name: RepositoryName, _ commit: String) throws(HubError) -> URL {
        try RepositoryFile.check(file, in: name)
        return try address("\(name.id)/resolve/\(commit)/\(HubClient.escaped(file, keeping: "/"))")
    }

    private func address(_ path: String) throws(HubError) -> URL {
        guard let url = URL(string: settings.endpoint.absoluteString + "/" + path) else {
            throw HubError(.invalid, "\(path) makes no address at \(settings.endpoint)")
        }
        return url
    }

    private static func escaped(_ text: String, keeping kept: String) -> String {
        let allowed = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~" + kept)
        return text.addingPercentEncoding(withAllowedCharacters: allowed) ?? text
    }
}
