import Foundation
import Serving

extension Inference_ModelStatistics {
    /// Counts and times of one version of a model. Requests that were refused, came too late or were cancelled count as failed.
    init(_ model: ModelStatistics) {
        self.init()
        (name, version) = (model.name, model.version)
        if let last = model.lastUse { lastInference = Inference_ModelStatistics.milliseconds(last) }
        (inferenceCount, executionCount) = (UInt64(clamping: model.rows), UInt64(clamping: model.compute.count))
        inferenceStats.success = Inference_StatisticDuration(model.succeeded)
        inferenceStats.fail = Inference_StatisticDuration(model.failed)
        inferenceStats.fail.count += UInt64(clamping: model.refused + model.expired + model.cancelled)
        inferenceStats.queue = Inference_StatisticDuration(model.queue)
        inferenceStats.computeInfer = Inference_StatisticDuration(model.compute)
        batchStats = model.batches.map { batch in
            .with {
                $0.batchSize = UInt64(clamping: batch.rows)
                $0.computeInfer = Inference_StatisticDuration(batch.runs)
            }
        }
        if model.bytes > 0 { memoryUsage = [.with { ($0.type, $0.byteSize) = ("CPU", UInt64(clamping: model.bytes)) }] }
    }

    /// `instant` in milliseconds since 1970.
    private static func milliseconds(_ instant: ContinuousClock.Instant) -> UInt64 {
        let passed = Double((ContinuousClock.now - instant).nanoseconds) / 1e9
        return UInt64(max(Date().timeIntervalSince1970 - passed, 0) * 1000)
    }
}

extension Inference_StatisticDuration {
    /// A number of events and their time.
    fileprivate init(_ total: ModelStatistics.Total) {
        self.init()
        (count, ns) = (UInt64(clamping: total.count), UInt64(clamping: total.time.nanoseconds))
    }
}
