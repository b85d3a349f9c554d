import Dispatch

/// Runs an actor's jobs on a thread of its own, one after the other: what computes or reads for long must not take one of the few threads that
/// all tasks of the process share.
package final class WorkQueue: SerialExecutor {
    private let queue: DispatchQueue

    /// A queue that debuggers show as `name`.
    package init(_ name: String) { queue = DispatchQueue(label: name) }

    /// Runs `job` after those that came before it.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
