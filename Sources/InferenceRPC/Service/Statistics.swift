import Foundation
import OpenInference
import Serving

extension Inference_ModelStatisticsResponse {
    /// Statistics of models, as a message.
    init(_ statistics: [ModelStatistics]) {
        self.init()
        let told = StatisticsMessage(statistics, now: Int(Date().timeIntervalSince1970 * 1000))
        modelStats = told.model_stats.map { Inference_ModelStatistics($0) }
    }
}

extension Inference_ModelStatistics {
    fileprivate init(_ model: StatisticsMessage.Model) {
        self.init()
        (name, version, lastInference) = (model.name, model.version, UInt64(clamping: model.last_inference))
        (inferenceCount, executionCount) = (UInt64(clamping: model.inference_count), UInt64(clamping: model.execution_count))
        inferenceStats = Inference_InferStatistics(model.inference_stats)
        batchStats = model.batch_stats.map { batch in
            .with {
                $0.batchSize = UInt64(clamping: batch.batch_size)
                $0.computeInput = Inference_StatisticDuration(batch.compute_input)
                $0.computeInfer = Inference_StatisticDuration(batch.compute_infer)
                $0.computeOutput = Inference_StatisticDuration(batch.compute_output)
            }
        }
        memoryUsage = model.memory_usage.map { memory in
            .with { ($0.type, $0.id, $0.byteSize) = (memory.type, Int64(memory.id), UInt64(clamping: memory.byte_size)) }
        }
    }
}

extension Inference_InferStatistics {
    fileprivate init(_ told: StatisticsMessage.Inference) {
        self.init()
        (success, fail) = (Inference_StatisticDuration(told.success), Inference_StatisticDuration(told.fail))
        (queue, computeInfer) = (Inference_StatisticDuration(told.queue), Inference_StatisticDuration(told.compute_infer))
        computeInput = Inference_StatisticDuration(told.compute_input)
        computeOutput = Inference_StatisticDuration(told.compute_output)
        (cacheHit, cacheMiss) = (Inference_StatisticDuration(told.cache_hit), Inference_StatisticDuration(told.cache_miss))
    }
}

extension Inference_StatisticDuration {
    fileprivate init(_ total: StatisticsMessage.Total) {
        self.init()
        (count, ns) = (UInt64(clamping: total.count), UInt64(clamping: total.ns))
    }
}
