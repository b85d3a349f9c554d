import Foundation
import OpenInference
import Serving

extension Inference_ModelStatisticsResponse {
    /// Statistics of models, as a message.
    init(_ statistics: [ModelStatistics]) {
        self.init()
        let told = StatisticsMessage(statistics, now: Int(Date().timeIntervalSince1970 * 1000))
        modelStats = told.modelStats.map { Inference_ModelStatistics($0) }
    }
}

extension Inference_ModelStatistics {
    fileprivate init(_ model: StatisticsMessage.Model) {
        self.init()
        (name, version, lastInference) = (model.name, model.version, UInt64(clamping: model.lastInference))
        (inferenceCount, executionCount) = (UInt64(clamping: model.inferenceCount), UInt64(clamping: model.executionCount))
        inferenceStats = Inference_InferStatistics(model.inferenceStats)
        batchStats = model.batchStats.map { batch in
            .with {
                $0.batchSize = UInt64(clamping: batch.batchSize)
                $0.computeInput = Inference_StatisticDuration(batch.computeInput)
                $0.computeInfer = Inference_StatisticDuration(batch.computeInfer)
                $0.computeOutput = Inference_StatisticDuration(batch.computeOutput)
            }
        }
        memoryUsage = model.memoryUsage.map { memory in
            .with { ($0.type, $0.id, $0.byteSize) = (memory.type, Int64(memory.id), UInt64(clamping: memory.byteSize)) }
        }
    }
}

extension Inference_InferStatistics {
    fileprivate init(_ told: StatisticsMessage.Inference) {
        self.init()
        (success, fail) = (Inference_StatisticDuration(told.success), Inference_StatisticDuration(told.fail))
        (queue, computeInfer) = (Inference_StatisticDuration(told.queue), Inference_StatisticDuration(told.computeInfer))
        computeInput = Inference_StatisticDuration(told.computeInput)
        computeOutput = Inference_StatisticDuration(told.computeOutput)
        (cacheHit, cacheMiss) = (Inference_StatisticDuration(told.cacheHit), Inference_StatisticDuration(told.cacheMiss))
    }
}

extension Inference_StatisticDuration {
    fileprivate init(_ total: StatisticsMessage.Total) {
        self.init()
        (count, ns) = (UInt64(clamping: total.count), UInt64(clamping: total.ns))
    }
}
