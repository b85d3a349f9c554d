import Files
import Glibc
import Synchronization

/// Signals that ask the process to end. The first cancels the command's task, which stops between two steps of a model; a second one, a
/// command that does not stop within three seconds, or SIGQUIT ends the process at once; a command that finishes a step first is waited for
/// (``waitForWork()``). No half-written file stays behind.
///
/// A thread of its own hears them: queues may be busy, and need descriptors that may not be there.
enum Interruption {
    private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT]
    /// Seconds.
    private static let patience = Atomic<Int>(3)

    /// Lets the command finish what it is at after the first signal, however long that takes; a second one ends the process at once.
    static func waitForWork() { patience.store(7 * 86_400, ordering: .relaxed) }

    /// The first of them that came; 0 before.
    private static let first = Atomic<Int32>(0)
    // A semaphore may be used from everywhere.
    nonisolated(unsafe) private static let arrivals: UnsafeMutablePointer<sem_t> = {
        let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
        sem_init(semaphore, 0, 0)
        return semaphore
    }()

    /// What a shell says of a process that a signal ended; nil if none came.
    static var exitCode: Int32? {
        let number = first.load(ordering: .relaxed)
        return number == 0 ? nil : 128 + number
    }

    private static let replacement = Mutex<(@Sendable () -> Void)?>(nil)

    /// From now on the first signal calls `action` instead of what ``begin(_:)`` was given.
    static func replace(_ action: @escaping @Sendable () -> Void) { replacement.withLock { $0 = action } }

    private final class Action {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Calls `cancel` on the first signal from now on. False if no thread can be started for that.
    static func begin(_ cancel: @escaping @Sendable () -> Void) -> Bool {
        // Both are made now: nothing may be made lazily while a signal is handled.
        _ = (exitCode, arrivals, patience.load(ordering: .relaxed))
        var thread = pthread_t()
        let action = Unmanaged.passRetained(Action(cancel))
        guard pthread_create(&thread, nil, wait, action.toOpaque()) == 0 else { return false }
        pthread_detach(thread)
        for number in signals where number != SIGHUP || !isIgnored(number) { listen(number) }
        return true
    }

    private static let wait: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
        while sem_wait(arrivals) != 0 {}
        guard let context, first.load(ordering: .relaxed) != SIGQUIT else { endNow() }
        let action = Unmanaged<Action>.fromOpaque(context).takeRetainedValue()
        (replacement.withLock { $0 } ?? action.run)()
        var end = timespec()
        clock_gettime(CLOCK_REALTIME, &end)
        end.tv_sec += patience.load(ordering: .relaxed)
        while sem_timedwait(arrivals, &end) != 0 && errno == EINTR {}
        endNow()
    }

    private static func endNow() -> Never { end(exitCode ?? Program.failure) }

    /// Ends the process without waiting for anything.
    static func end(_ code: Int32) -> Never {
        OutputFile.removeUnfinished()
        _exit(code)
    }

    /// `nohup` ignores hang-ups for us. What shells ignore for jobs in the background is heard all the same.
    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    private static func listen(_ number: Int32) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { number in
            let before = errno
            _ = Interruption.first.compareExchange(expected: 0, desired: number, ordering: .relaxed)
            sem_post(Interruption.arrivals)
            errno = before
        }
        action.sa_flags = SA_RESTART
        sigaction(number, &action, nil)
    }
}
