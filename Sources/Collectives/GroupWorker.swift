import Foundation

/// The thread of a group: makes the transport, does one exchange after another, and watches the others in between.
final class GroupWorker: @unchecked Sendable {
    typealias Job = (Exchange) throws -> Void

    private let condition = NSCondition()
    private let silence: Duration
    private let lost: @Sendable (ProcessGroupError) -> Void
    // Guarded by `condition`.
    private var jobs: [Job] = []
    private var (submitted, completed) = (0, 0)
    private var failure: (any Error)?
    private var joined: (rank: Int, hosts: [String])?
    private var (isLeaving, isRunning) = (false, true)

    init(
        silence: Duration, lost: @escaping @Sendable (ProcessGroupError) -> Void,
        _ transport: @escaping @Sendable () throws -> any MessageTransport
    ) {
        (self.silence, self.lost) = (silence, lost)
        Thread(block: { self.serve(transport) }).start()
    }

    /// Waits until the processes have found each other.
    func join() throws -> (rank: Int, hosts: [String]) {
        try waiting { joined != nil }
        guard let joined else { throw ProcessGroupError("the job was left before it was joined") }
        return joined
    }

    /// Does `job` after those before it.
    func submit(_ job: @escaping Job) -> PendingExchange {
        condition.lock()
        defer { condition.unlock() }
        submitted += 1
        jobs.append(job)
        condition.broadcast()
        return PendingExchange(worker: self, number: submitted)
    }

    func wait(for number: Int) throws { try waiting { completed >= number } }

    func leave() throws {
        condition.lock()
        isLeaving = true
        condition.broadcast()
        condition.unlock()
        try waiting { !isRunning }
    }

    private func waiting(_ isOver: () -> Bool) throws {
        condition.lock()
        defer { condition.unlock() }
        while !isOver() {
            if let failure { throw failure }
            condition.wait()
        }
    }

    private func serve(_ make: () throws -> any MessageTransport) {
        do {
            let exchange = try Exchange(make(), silence: silence)
            try meet(exchange)
            while let job = try next(exchange) {
                try job(exchange)
                noting { completed += 1 }
            }
            // None leaves while another still listens for it.
            _ = try exchange.gather([])
            exchange.heartbeat.end()
            try exchange.transport.leave()
            noting { isRunning = false }
        } catch {
            let wasJoined = joined != nil
            noting { failure = error }
            if wasJoined { lost(error as? ProcessGroupError ?? ProcessGroupError("\(error)")) }
        }
    }

    /// Tells each other where they run.
    private func meet(_ exchange: Exchange) throws {
        let name = Array(exchange.transport.host.utf8.prefix(GroupWorker.hostBytes))
        let padded = name + [UInt8](repeating: 0, count: GroupWorker.hostBytes - name.count)
        let hosts = try exchange.gather(padded).map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        exchange.heartbeat.hosts = hosts
        noting { joined = (exchange.rank, hosts) }
    }

    private static let hostBytes = 64

    /// The next job; nil when the group is left.
    private func next(_ exchange: Exchange) throws -> Job? {
        condition.lock()
        defer { condition.unlock() }
        while jobs.isEmpty {
            if isLeaving { return nil }
            if condition.wait(until: Date(timeIntervalSinceNow: GroupWorker.idle)) { continue }
            condition.unlock()
            defer { condition.lock() }
            try exchange.heartbeat.pump()
        }
        return jobs.removeFirst()
    }

    /// Seconds between two looks at heartbeats.
    private static let idle = 0.1

    private func noting(_ change: () -> Void) {
        condition.lock()
        change()
        condition.broadcast()
        condition.unlock()
    }
}

/// Something that a group does while its caller goes on.
package struct PendingExchange: Sendable {
    private let worker: GroupWorker?
    private let number: Int

    /// Something that is done.
    init() { (worker, number) = (nil, 0) }

    init(worker: GroupWorker, number: Int) { (self.worker, self.number) = (worker, number) }

    /// Returns when it is done.
    /// - Throws: ``ProcessGroupError``.
    package func wait() throws { try worker?.wait(for: number) }
}
