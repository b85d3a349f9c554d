import HummingbirdCore
import Logging
import NIOCore

/// A channel whose requests are handled on the connection's event loop: to go from thread to thread and back for each part of a request takes
/// longer than many small models. What computes for long goes elsewhere by `LoopExecutor.leave`.
struct LoopChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> { base.setup(channel: channel, logger: logger) }

    func handle(value: Base.Value, logger: Logger) async {
        await withTaskExecutorPreference(LoopExecutor(value.channel.eventLoop)) { await base.handle(value: value, logger: logger) }
    }
}

/// Runs tasks on an event loop.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// `body`, off the event loop where `count` bytes take longer to read or write than to go to another thread, so that other connections go on.
    static func leave<Result>(for count: Int, _ body: () async throws -> Result) async rethrows -> Result {
        count > 1 << 18 ? try await leave(body) : try await body()
    }

    /// `body`, off the event loop.
    static func leave<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        try await withTaskExecutorPreference(globalConcurrentExecutor) { try await body() }
    }
}
