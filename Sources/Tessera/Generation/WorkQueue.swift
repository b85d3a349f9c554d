import Dispatch

/// Runs an actor's jobs on a thread of its own, one after the other: a generation computes for minutes, and must not take one of the few
/// threads that all tasks of the process share.
final class WorkQueue: SerialExecutor {
    private let queue: DispatchQueue

    init(_ name: String) { queue = DispatchQueue(label: name) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
