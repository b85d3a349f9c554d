/// A model repository as the Hub serves it: `/api/models/…` and `/…/resolve/…`, large files by a redirect to another server.
public struct HubRepository: Sendable {
    public struct File: Sendable {
        public let name: String
        public var content: [UInt8]
        /// In quotes, as the header has it.
        public var etag: String
        /// Large files have `X-Linked-…` and a redirect.
        public var isLarge: Bool

        public init(_ name: String, _ content: [UInt8], etag: String, isLarge: Bool = false) {
            (self.name, self.content, self.etag, self.isLarge) = (name, content, etag, isLarge)
        }
    }

    public var id = "org/model"
    public var commit = String(repeating: "ab12", count: 10)
    public var files: [File]
    /// Where large files are; nil serves them here.
    public var contentServer: String?
    /// What the repository asks for, if anything.
    public var token: String?
    public var takesRanges = true

    public init(_ files: [File]) { self.files = files }

    /// The answer to `request`.
    public func answer(_ request: HubServer.Request) -> HubServer.Answer {
        if let token, request.fields["authorization"] != "Bearer \(token)" {
            return HubServer.Answer(
                401, ["X-Error-Code": "GatedRepo", "WWW-Authenticate": "Bearer realm=\"Authentication required\""], Array("{}".utf8))
        }
        if request.path.hasPrefix("/api/models/") { return listing(request.path) }
        let prefix = "/\(id)/resolve/\(commit)/"
        guard request.path.hasPrefix(prefix) else { return HubServer.Answer(404, ["X-Error-Code": "RepoNotFound"]) }
        guard let file = files.first(where: { $0.name == request.path.dropFirst(prefix.count) }) else {
            return HubServer.Answer(404, ["X-Error-Code": "EntryNotFound"])
        }
        var answer = HubServer.Answer(200)
        answer.fields["X-Repo-Commit"] = commit
        guard file.isLarge else { return content(of: file, request, answer.fields) }
        answer.fields["X-Linked-Etag"] = file.etag
        answer.fields["X-Linked-Size"] = "\(file.content.count)"
        answer.fields["Location"] = "\(contentServer ?? "")/content/\(file.name)"
        answer.status = 302
        return answer
    }

    /// The answer of the server that has the large files.
    public func contentAnswer(_ request: HubServer.Request) -> HubServer.Answer {
        guard let file = files.first(where: { request.path == "/content/\($0.name)" }) else { return HubServer.Answer(404) }
        return content(of: file, request, [:])
    }

    public func content(of file: File, _ request: HubServer.Request, _ fields: [String: String]) -> HubServer.Answer {
        var fields = fields
        fields["ETag"] = file.etag
        guard takesRanges, let start = request.rangeStart else { return HubServer.Answer(200, fields, file.content) }
        let total = file.content.count
        guard start < total else { return HubServer.Answer(416, ["Content-Range": "bytes */\(total)"]) }
        fields["Content-Range"] = "bytes \(start)-\(total - 1)/\(total)"
        return HubServer.Answer(206, fields, Array(file.content[start...]))
    }

    private func listing(_ path: String) -> HubServer.Answer {
        let revisions = ["main", "v1", commit]
        guard path.hasPrefix("/api/models/\(id)/revision/") else { return HubServer.Answer(404, ["X-Error-Code": "RepoNotFound"]) }
        guard revisions.contains(where: path.hasSuffix) else { return HubServer.Answer(404, ["X-Error-Code": "RevisionNotFound"]) }
        let names = files.map { "{\"rfilename\": \"\($0.name)\"}" }.joined(separator: ", ")
        return HubServer.Answer(200, [:], Array("{\"sha\": \"\(commit)\", \"siblings\": [\(names)]}".utf8))
    }
}
