import Names

extension HubClient {
    /// Refusals by status and, where the Hub gives one, its `X-Error-Code` (huggingface_hub, `hf_raise_for_status`).
    /// - Throws: ``HubError`` for anything but success and redirects.
    func check(_ head: HTTPHead, _ name: RepositoryName, file: String?) throws(HubError) {
        guard !(200..<400).contains(head.status) else { return }
        let code = head["x-error-code"] ?? ""
        switch (head.status, code) {
        case (401...403, "GatedRepo"):
            throw HubError(
                .unauthorized,
                "\(name.id) is gated: accept its terms at \(settings.endpoint)/\(name.id), then give a token of yours by HF_TOKEN or --token"
            )
        case (401, _) where settings.token == nil, (_, "RepoNotFound") where settings.token == nil:
            throw HubError(
                .unauthorized,
                "the Hub shows no repository \(name.id) (\(head.status)): check the name; for a private or gated one give a token by "
                    + "HF_TOKEN or --token")
        case (401, _), (403, _):
            let said = head["x-error-message"].map { ": \(ForeignText.clean($0))" } ?? ""
            throw HubError(
                .unauthorized, "the Hub refuses \(name.id) to this token (\(head.status))\(said); check that it may read the repository")
        case (404, "RevisionNotFound"):
            throw HubError(.missing, "\(name.id) has no revision '\(name.wanted)'; \(settings.endpoint)/\(name.id)/tree/main lists them")
        case (404, _):
            let what = file.map { "\(name.id) has no file \($0)" } ?? "the Hub has no repository \(name.id)"
            throw HubError(.missing, "\(what) (404); check the name")
        default:
            let said = head["x-error-message"].map { ": \(ForeignText.clean($0))" } ?? ""
            throw HubError(.unreachable, "\(name.id): \(head.url.host ?? "the Hub") answers \(head.status)\(said)")
        }
    }
}
