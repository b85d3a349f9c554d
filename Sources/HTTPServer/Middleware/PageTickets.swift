import Synchronization

/// Lets a browser open a page once without a token: a link has no place for one.
final class PageTickets: Sendable {
    private struct Ticket {
        let path: String
        let end: ContinuousClock.Instant
    }

    private let tickets = Mutex<[String: Ticket]>([:])
    private static let lifetime = Duration.seconds(60)
    /// Most tickets at a time; the oldest go.
    private static let most = 1024

    /// A ticket for one `GET` of `path` within a minute.
    func issue(_ path: String) -> String {
        var random = SystemRandomNumberGenerator()
        let name = (0..<2).map { _ in String(random.next(), radix: 36) }.joined()
        let now = ContinuousClock.now
        tickets.withLock { tickets in
            tickets = tickets.filter { $0.value.end > now }
            if tickets.count >= PageTickets.most, let oldest = tickets.min(by: { $0.value.end < $1.value.end }) {
                tickets[oldest.key] = nil
            }
            tickets[name] = Ticket(path: path, end: now + PageTickets.lifetime)
        }
        return name
    }

    /// Whether the ticket opens `path`, which it does once.
    func take(_ name: Substring, _ path: String) -> Bool {
        tickets.withLock { tickets in
            guard let ticket = tickets[String(name)], ticket.path == path else { return false }
            tickets[String(name)] = nil
            return ticket.end > .now
        }
    }
}
