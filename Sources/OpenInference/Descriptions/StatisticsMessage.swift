import Serving

/// Statistics of models, as the statistics extension tells them.
package struct StatisticsMessage: Codable, Sendable, Equatable {
    /// A number of events and their time together.
    package struct Total: Codable, Sendable, Equatable {
        /// How many.
        package var count: Int
        /// Their time together in nanoseconds.
        package var ns: Int

        /// `total` as the protocol tells it.
        package init(_ total: ModelStatistics.Total) { (count, ns) = (total.count, total.time.wholeNanoseconds) }

        /// Nothing.
        package init() { (count, ns) = (0, 0) }
    }

    /// What became of requests.
    package struct Inference: Codable, Sendable, Equatable {
        /// Requests that were answered.
        package var success: Total
        /// Requests that failed, were refused, came too late or were cancelled.
        package var fail: Total
        /// Waiting.
        package var queue: Total
        /// Making inputs ready: part of the run here.
        package var computeInput = Total()
        /// Runs.
        package var computeInfer: Total
        /// Making outputs ready: part of the run here.
        package var computeOutput = Total()
        /// Answers from a cache, which there is not.
        package var cacheHit = Total()
        /// Questions to a cache, which there is not.
        package var cacheMiss = Total()
    }

    /// Runs of one number of rows.
    package struct Batch: Codable, Sendable, Equatable {
        /// Rows computed together.
        package var batchSize: Int
        /// Part of the run here.
        package var computeInput = Total()
        /// Runs.
        package var computeInfer: Total
        /// Part of the run here.
        package var computeOutput = Total()
    }

    /// Memory of a model.
    package struct Memory: Codable, Sendable, Equatable {
        /// `CPU`.
        package var type: String
        /// 0.
        package var id: Int
        /// Bytes of weights and working memory.
        package var byteSize: Int
    }

    /// Statistics of one version of a model.
    package struct Model: Codable, Sendable, Equatable {
        /// Name of the model.
        package var name: String
        /// Its version.
        package var version: String
        /// Milliseconds since 1970 of the last answer; 0 if there was none.
        package var lastInference: Int
        /// Rows that were computed.
        package var inferenceCount: Int
        /// Runs.
        package var executionCount: Int
        /// What became of requests.
        package var inferenceStats: Inference
        /// Runs by their number of rows.
        package var batchStats: [Batch]
        /// Memory.
        package var memoryUsage: [Memory]

        /// `statistics` as the protocol tells it.
        /// - Parameter now: the present in milliseconds since 1970.
        package init(_ statistics: ModelStatistics, now: Int) {
            (name, version) = (statistics.name, statistics.version)
            lastInference = statistics.lastUse.map { now - (ContinuousClock.now - $0).wholeNanoseconds / 1_000_000 } ?? 0
            (inferenceCount, executionCount) = (statistics.rows, statistics.compute.count)
            inferenceStats = Inference(
                success: Total(statistics.succeeded), fail: Total(statistics.failed), queue: Total(statistics.queue),
                computeInfer: Total(statistics.compute))
            inferenceStats.fail.count += statistics.refused + statistics.expired + statistics.cancelled
            batchStats = statistics.batches.map { Batch(batchSize: $0.rows, computeInfer: Total($0.runs)) }
            memoryUsage = statistics.bytes > 0 ? [Memory(type: "CPU", id: 0, byteSize: statistics.bytes)] : []
        }
    }

    /// Statistics of each version.
    package var modelStats: [Model]

    /// `statistics` as the protocol tells them.
    package init(_ statistics: [ModelStatistics], now: Int) { modelStats = statistics.map { Model($0, now: now) } }
}

/// An entry of the repository's index.
package struct IndexMessage: Codable, Sendable, Equatable {
    /// Name of the model.
    package var name: String
    /// Its version.
    package var version: String
    /// `READY`, `LOADING` or `UNAVAILABLE`.
    package var state: String
    /// Why it is unavailable, or what else is to be said.
    package var reason: String

    /// `entry` as the protocol tells it.
    package init(_ entry: RepositoryEntry) {
        (name, version, state, reason) = (entry.name, entry.version, entry.state.rawValue, entry.reason)
    }
}
