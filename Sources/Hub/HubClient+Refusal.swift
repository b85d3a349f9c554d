import Names

extension HubClient {
    /// Refusals by status and, where the Hub gives one, its `X-Error-Code` (huggingface_hub, `hf_raise_for_status`).
    /// - Throws: ``HubError`` for anything but success and redirects.
    func check(_ head: HTTPHead, _ name: RepositoryName, file: String?) throws(HubError) {
        guard !(200..<400).contains(head.status) else { return }
        let page = "\(settings.endpoint)/\(name.id)"
        switch (head.status, head["x-error-code"] ?? "") {
        case (407, _): throw HubError(.unauthorized, refusal(head))
        case (401...403, "GatedRepo") where settings.token == nil:
            throw HubError(
                .unauthorized, "\(name.id) is gated: accept its terms at \(page), then give a token of yours by HF_TOKEN or --token")
        case (401...403, "GatedRepo"):
            throw HubError(
                .unauthorized,
                "\(name.id) is gated, and not for the account of this token: accept its terms at \(page) and wait until that is granted; a "
                    + "fine-grained token also needs the right to read gated repositories")
        case (401, _) where settings.token == nil, (_, "RepoNotFound") where settings.token == nil:
            throw HubError(
                .unauthorized,
                "the Hub shows no repository \(name.id) (\(head.status)): check the name; for a private or gated one give a token by "
                    + "HF_TOKEN or --token")
        case (401, _):
            throw HubError(
                .unauthorized,
                "the Hub does not know this token (401)\(HubClient.said(head)): it may have run out; give another one by HF_TOKEN or --token"
            )
        case (403, _) where !isOfTheHub(head): throw HubError(.unauthorized, "\(name.id): \(refusal(head))")
        case (403, _):
            throw HubError(
                .unauthorized,
                "the Hub refuses \(name.id) to \(settings.token == nil ? "those without a token" : "this token") (403)"
                    + "\(HubClient.said(head)); check that the token may read the repository")
        case (404, "RevisionNotFound"):
            throw HubError(.missing, "\(name.id) has no revision '\(name.wanted)'; \(page)/tree/main lists them")
        case (404, _):
            let what = file.map { "\(name.id) has no file \($0)" } ?? "the Hub has no repository \(name.id)"
            throw HubError(.missing, "\(what) (404); check the name")
        default:
            throw HubError(.unreachable, "\(name.id): \(head.url.host ?? "the Hub") answers \(head.status)\(HubClient.said(head))")
        }
    }

    private static func said(_ head: HTTPHead) -> String { head["x-error-message"].map { ": \(ForeignText.clean($0))" } ?? "" }

    /// The Hub gives a number to each of its answers, and a reason to its refusals.
    private func isOfTheHub(_ head: HTTPHead) -> Bool {
        head.url.origin == settings.endpoint.origin && (head["x-error-code"] ?? head["x-error-message"] ?? head["x-request-id"]) != nil
    }

    /// Who refused, where it was not the Hub for reasons of its own.
    func refusal(_ head: HTTPHead) -> String {
        let host = ForeignText.clean(head.url.host ?? "")
        let proxy = settings.network.proxy(for: head.url)?.address
        if head.status == 407 {
            return "the proxy \(proxy ?? host) wants a user name and a password (407); give right ones in HTTP_PROXY, as "
                + "http://USER:PASSWORD@host:port"
        }
        if head.url.origin != settings.endpoint.origin { return "\(host), where the Hub keeps the file, answers \(head.status)" }
        let signs = ["via", "server"].compactMap { name in head[name].map { "\(name): \(ForeignText.clean($0))" } }
        let marks = signs.isEmpty ? "" : " (\(signs.joined(separator: ", ")))"
        return "\(host) answers \(head.status) and gives none of the Hub's reasons\(marks): "
            + (proxy.map { "the proxy \($0)" } ?? "a firewall or proxy") + " in between may have refused; ask those who run the network"
    }
}
