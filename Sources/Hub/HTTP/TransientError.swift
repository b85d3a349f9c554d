import Foundation
import Names

/// A failure that another try may mend.
struct TransientError: Error {
    /// What to say when no try mended it.
    let error: HubError
    /// The pause that the server asks for.
    var pause: Duration?
    /// Whether the server's name could not be found: then there is most likely no network at all.
    var isNameUnknown = false

    /// Longest pause that is waited for; beyond it people rather come back.
    static let longestPause = Duration.seconds(3600)

    /// Statuses that pass: overload, too many requests, a gateway without a server behind it.
    static func status(_ head: HTTPHead, _ what: String) -> (any Error)? {
        guard [408, 425, 429, 500, 502, 503, 504].contains(head.status) else { return nil }
        let pause = head.pause(now: Date())
        let isTooMuch = head.status == 429
        let wait = pause.map { ", which asks to wait \(PauseText.of($0.components.seconds))" } ?? ""
        let advice = isTooMuch ? "too many requests from here; a token (HF_TOKEN) is allowed more of them" : "try again later"
        let text = "\(what): \(head.url.host ?? "the Hub") answers \(head.status)\(wait); \(advice)"
        let error = HubError(.unreachable, text)
        if let pause, pause > longestPause { return error }
        return TransientError(error: error, pause: pause)
    }
}

extension HTTPHead {
    /// The pause that the server asks for: `Retry-After` in seconds or as a date; with 429 also the Hub's `RateLimit: "api";r=0;t=123`
    /// (draft-ietf-httpapi-ratelimit-headers), where `t` is the seconds until requests are allowed again.
    func pause(now: Date) -> Duration? {
        let asked = self["retry-after"].flatMap {
            HTTPHead.size($0).map(Double.init) ?? HTTPHead.date($0).map { $0.timeIntervalSince(now) }
        }
        // Until the second has passed.
        let window = status == 429 ? self["ratelimit"].flatMap(HTTPHead.reset).map { Double($0) + 1 } : nil
        guard let seconds = [asked, window].compactMap({ $0 }).max() else { return nil }
        return .milliseconds(Int(min(max(seconds, 0), 1e9) * 1000))
    }

    private static func reset(_ text: String) -> Int? {
        let parameters = text.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
        return parameters.first { $0.hasPrefix("t=") }.flatMap { size(String($0.dropFirst(2).prefix { $0 != "," })) }
    }

    private static func date(_ text: String) -> Date? {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(secondsFromGMT: 0)
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        return format.date(from: text)
    }
}
