/// What happened to the requests of one version of a model since the server began, across reloads.
package struct ModelStatistics: Sendable, Equatable {
    /// A number of events and their time together.
    package struct Total: Sendable, Equatable {
        /// How many.
        package internal(set) var count = 0
        /// Their time together.
        package internal(set) var time = Duration.zero

        mutating func add(_ time: Duration, count: Int = 1) {
            self.count += count
            self.time += time
        }
    }

    /// Runs of one number of rows.
    package struct Batch: Sendable, Equatable {
        /// Rows computed together.
        package let rows: Int
        /// Runs with so many.
        package let runs: Total
    }

    /// Name of the model.
    package let name: String
    /// Its version.
    package let version: String
    /// Requests that were answered; their time from arrival to answer.
    package internal(set) var succeeded = Total()
    /// Requests that failed.
    package internal(set) var failed = Total()
    /// Requests that were refused as the queue was full.
    package internal(set) var refused = 0
    /// Requests whose deadline passed.
    package internal(set) var expired = 0
    /// Requests whose caller went away.
    package internal(set) var cancelled = 0
    /// Time of requests that ran, from arrival until their run began.
    package internal(set) var queue = Total()
    /// Runs and their time.
    package internal(set) var compute = Total()
    /// Rows of all runs; requests without rows count as one.
    package internal(set) var rows = 0
    /// Runs by their number of rows, ascending; of numbers beyond the first 1024 nothing.
    package internal(set) var batches: [Batch] = []
    /// Requests that wait.
    package internal(set) var waiting = 0
    /// Requests that are being computed.
    package internal(set) var running = 0
    /// Bytes of weights and working memory; 0 while it is not loaded.
    package internal(set) var bytes = 0
    /// Times it was loaded.
    package internal(set) var loads = 0
    /// When a request was last answered.
    package internal(set) var lastUse: ContinuousClock.Instant?
}
