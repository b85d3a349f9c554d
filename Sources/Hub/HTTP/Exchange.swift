import Foundation
import Synchronization

/// Takes the body of a successful answer as it arrives. Called from one thread at a time.
protocol BodySink: AnyObject, Sendable {
    func begin(_ head: HTTPHead) throws
    func receive(_ data: Data) throws
}

/// A body in memory.
final class BodyCollector: BodySink {
    private let limit: Int
    private let collected = Mutex(Data())

    init(limit: Int) { self.limit = limit }

    var data: Data { collected.withLock { $0 } }

    func begin(_ head: HTTPHead) { collected.withLock { $0 = Data() } }

    func receive(_ data: Data) throws {
        try collected.withLock {
            guard data.count <= limit - $0.count else { throw HubError(.malformed, "the Hub's answer is longer than \(limit) bytes") }
            $0.append(data)
        }
    }
}

/// What libcurl hands over of one answer. All but ``cancel()`` happens on the exchange's own thread.
final class Exchange: @unchecked Sendable {
    private let url: URL
    private let sink: (any BodySink)?
    private let cancelled = Atomic(false)
    private var lines: [String] = []
    private var head: HTTPHead?
    /// What ended the exchange from here.
    private var failure: (any Error)?

    init(_ url: URL, _ sink: (any BodySink)?) { (self.url, self.sink) = (url, sink) }

    /// The exchange behind a callback's context.
    static func of(_ context: UnsafeMutableRawPointer?) -> Exchange? {
        context.map { Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
    }

    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// The exchange ends within a second.
    func cancel() { cancelled.store(true, ordering: .relaxed) }

    /// - Returns: 0 to go on.
    func takeHeader(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> Int32 {
        let text = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
        let line = text.trimmingCharacters(in: .whitespacesAndNewlines)
        // Another head follows one of 100 to 199; lines behind the last head's end are those of a trailer.
        if line.hasPrefix("HTTP/") { (lines, head) = ([], nil) }
        guard head == nil else { return 0 }
        guard line.isEmpty else {
            lines.append(line)
            return 0
        }
        guard let found = HTTPHead(lines, url), found.status >= 200 else { return 0 }
        head = found
        return guarded { if found.isSuccess { try sink?.begin(found) } }
    }

    /// - Returns: 0 to go on; bodies of other answers than successes are left.
    func takeBody(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> Int32 {
        guard let bytes, head?.isSuccess == true else { return 1 }
        return guarded { try sink?.receive(Data(bytes: bytes, count: count)) }
    }

    private func guarded(_ body: () throws -> Void) -> Int32 {
        do { try body() } catch { failure = error }
        return failure == nil && !isCancelled ? 0 : 1
    }

    /// - Parameter transfer: nil if libcurl found nothing wrong.
    func result(_ transfer: TransferFailure?) throws -> HTTPHead {
        if let failure { throw failure }
        if isCancelled { throw CancellationError() }
        // Such an exchange ends where its body begins.
        if let head, !head.isSuccess { return head }
        if let transfer { throw transfer }
        guard let head else { throw TransferFailure(answersNonsense: url) }
        return head
    }
}
