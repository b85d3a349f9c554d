import Synchronization

/// Counts what happens to the requests of one version of a model, for as long as the server runs.
final class StatisticsCounter: Sendable {
    private struct Counts {
        var statistics: ModelStatistics
        var batches: [Int: ModelStatistics.Total] = [:]
    }

    private let counts: Mutex<Counts>
    /// Most numbers of rows that runs are counted by: clients may send any.
    private static let mostSizes = 1024

    init(_ name: String, version: String) { counts = Mutex(Counts(statistics: ModelStatistics(name: name, version: version))) }

    /// The counts so far.
    var statistics: ModelStatistics {
        counts.withLock { counts in
            var made = counts.statistics
            made.batches = counts.batches.sorted { $0.key < $1.key }.map { ModelStatistics.Batch(rows: $0.key, runs: $0.value) }
            return made
        }
    }

    func note(_ change: (inout ModelStatistics) -> Void) { counts.withLock { change(&$0.statistics) } }

    /// Notes what became of a request before or after its run.
    func note(_ error: ServingError) {
        note { statistics in
            switch error {
            case .queueFull: statistics.refused += 1
            case .deadlineExceeded: statistics.expired += 1
            case .cancelled: statistics.cancelled += 1
            case .unknownModel, .unknownVersion, .notReady, .draining: break
            case .failed: statistics.failed.add(.zero)
            }
        }
    }

    /// Notes a run; `calls` tells, of each call that somebody still waited for, when it came and whether it succeeded.
    func note(
        rows: Int, began: ContinuousClock.Instant, ended: ContinuousClock.Instant,
        calls: ((_ arrival: ContinuousClock.Instant, _ succeeded: Bool) -> Void) -> Void
    ) {
        counts.withLock { counts in
            counts.statistics.compute.add(ended - began)
            counts.statistics.rows += rows
            if counts.batches.count < StatisticsCounter.mostSizes || counts.batches[rows] != nil {
                counts.batches[rows, default: ModelStatistics.Total()].add(ended - began)
            }
            calls { arrival, succeeded in
                counts.statistics.queue.add(began - arrival)
                if succeeded {
                    counts.statistics.succeeded.add(ended - arrival)
                    counts.statistics.lastUse = ended
                } else {
                    counts.statistics.failed.add(ended - arrival)
                }
            }
        }
    }
}
