/// A model repository as the Hub serves it: `/api/models/…` and `/…/resolve/…`, large files by a redirect to another server.
package struct HubRepository: Sendable {
    package struct File: Sendable {
        package let name: String
        package var content: [UInt8]
        /// In quotes, as the header has it.
        package var etag: String
        /// Large files have `X-Linked-…` and a redirect.
        package var isLarge: Bool

        package init(_ name: String, _ content: [UInt8], etag: String, isLarge: Bool = false) {
            (self.name, self.content, self.etag, self.isLarge) = (name, content, etag, isLarge)
        }
    }

    package var id = "org/model"
    package var commit = String(repeating: "ab12", count: 10)
    package var files: [File]
    /// Where large files are; nil serves them here.
    package var contentServer: String?
    /// What the repository asks for, if anything.
    package var token: String?
    package var takesRanges = true

    package init(_ files: [File]) { self.files = files }

    /// The answer to `request`.
    package func answer(_ request: HubServer.Request) -> HubServer.Answer {
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
    package func contentAnswer(_ request: HubServer.Request) -> HubServer.Answer {
        guard let file = files.first(where: { request.path == "/content/\($0.name)" }) else { return HubServer.Answer(404) }
        return content(of: file, request, [:])
    }

    package func content(of file: File, _ request: HubServer.Request, _ fields: [String: String]) -> HubServer.Answer {
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
