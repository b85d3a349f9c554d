import Formats
import Foundation
import Names

/// Where the Hub and its cache are and who asks, as the environment says; the variables are those of Python's huggingface_hub.
///
/// `HF_ENDPOINT`, `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`, `HF_TOKEN`, `HF_TOKEN_PATH`, `HF_HUB_OFFLINE`,
/// `HF_HUB_DISABLE_IMPLICIT_TOKEN`, `HF_HUB_DOWNLOAD_TIMEOUT`, `HF_HUB_DISABLE_SYMLINKS`; of the network see ``NetworkSettings``.
package struct HubSettings: Sendable {
    package var endpoint: URL
    package var cache: HubCache
    /// Sent to the endpoint and nowhere else.
    package var token: String?
    package var isOffline: Bool
    /// Seconds without a byte after which a connection counts as broken.
    package var timeout: Double
    package var retries = RetryPolicy()
    var network: NetworkSettings

    /// Environment that stands for the process's own, for tests.
    @TaskLocal package static var environment = ProcessInfo.processInfo.environment

    /// The settings of ``environment``.
    /// - Throws: ``HubError`` of kind `invalid` naming the variable.
    package static func current() throws(HubError) -> HubSettings { try HubSettings(environment: environment) }

    /// - Throws: ``HubError`` of kind `invalid` naming the variable.
    package init(environment: [String: String]) throws(HubError) {
        let values = Values(environment)
        endpoint = try HubSettings.endpoint(values["HF_ENDPOINT"] ?? "https://huggingface.co")
        cache = HubCache(folder: HubSettings.cacheFolder(values), usesLinks: !values.isTrue("HF_HUB_DISABLE_SYMLINKS"))
        network = try NetworkSettings(values)
        isOffline = values.isTrue("HF_HUB_OFFLINE") || values.isTrue("TRANSFORMERS_OFFLINE")
        timeout = try HubSettings.timeout(values)
        if !values.isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN") { token = try HubSettings.token(values) }
    }

    /// The cache of ``environment``, for look-ups that need neither endpoint nor token.
    package static var localCache: HubCache { HubCache(folder: cacheFolder(Values(environment))) }

    private static func cacheFolder(_ values: Values) -> String {
        values.path("HF_HUB_CACHE") ?? values.path("HUGGINGFACE_HUB_CACHE") ?? home(values) + "/hub"
    }

    private static func home(_ values: Values) -> String {
        values.path("HF_HOME") ?? (values.path("XDG_CACHE_HOME") ?? values.home + "/.cache") + "/huggingface"
    }

    private static func endpoint(_ text: String) throws(HubError) -> URL {
        var trimmed = text[...]
        while trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
        guard let url = URL(string: String(trimmed)), ["http", "https"].contains(url.scheme ?? ""), url.host?.isEmpty == false,
            url.query == nil, url.user == nil
        else {
            // A password in it is not for messages.
            let shown = text.contains("@") ? "what it holds" : "'\(ForeignText.clean(text))'"
            throw HubError(.invalid, "HF_ENDPOINT: \(shown) is no address; give one such as https://huggingface.co")
        }
        return url
    }

    private static func timeout(_ values: Values) throws(HubError) -> Double {
        guard let text = values["HF_HUB_DOWNLOAD_TIMEOUT"] else { return 30 }
        guard let seconds = Double(text), seconds.isFinite, seconds > 0 else {
            throw HubError(
                .invalid, "HF_HUB_DOWNLOAD_TIMEOUT: '\(ForeignText.clean(text))' is no number of seconds above 0; give one such as 30")
        }
        return min(max(seconds, 1), 3600)
    }

    private static func token(_ values: Values) throws(HubError) -> String? {
        if let text = values["HF_TOKEN"] ?? values["HUGGING_FACE_HUB_TOKEN"] { return try checked(token: text, from: "HF_TOKEN") }
        let path = values.path("HF_TOKEN_PATH") ?? home(values) + "/token"
        guard let data = try? MappedFile.bytes(path, limit: 1 << 16) else { return nil }
        return try checked(token: String(decoding: data, as: UTF8.self), from: path)
    }

    /// `text` without white space around it; nil if nothing is left.
    /// - Throws: ``HubError`` for text that cannot stand in a header; the text itself is not shown.
    package static func checked(token text: String, from source: String) throws(HubError) -> String? {
        let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard trimmed.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }), trimmed.utf8.count < 4096 else {
            throw HubError(.invalid, "\(source) holds no token: a token is one word; see https://huggingface.co/settings/tokens")
        }
        return trimmed.isEmpty ? nil : trimmed
    }

    /// Non-empty variables; paths with `~` opened.
    struct Values {
        private let environment: [String: String]
        let home: String

        init(_ environment: [String: String]) {
            self.environment = environment.filter { !$0.value.isEmpty }
            home = self.environment["HOME"] ?? NSHomeDirectory()
        }

        subscript(name: String) -> String? { environment[name] }

        func isTrue(_ name: String) -> Bool { ["1", "ON", "YES", "TRUE"].contains((self[name] ?? "").uppercased()) }

        func path(_ name: String) -> String? {
            guard let text = self[name] else { return nil }
            return text == "~" || text.hasPrefix("~/") ? home + text.dropFirst() : text
        }
    }
}

/// How often and how soon a broken exchange is tried again.
package struct RetryPolicy: Sendable {
    /// Tries in a row that may bring nothing new; one that brought bytes starts the count anew.
    package var attempts = 5
    package var firstDelay = Duration.milliseconds(500)
    package var longestDelay = Duration.seconds(10)
    /// How long a second of a pause lasts; shorter in tests.
    package var second = Duration.seconds(1)

    package init() {}

    /// The pause after the failed try `number`, from 1: doubled each time.
    func delay(after number: Int) -> Duration {
        min(firstDelay * (1 << min(max(number - 1, 0), 16)), longestDelay)
    }
}
