import Serving
import Tessera

/// How a model is run, as the model configuration extension tells it.
package struct ModelConfigurationMessage: Codable, Sendable, Equatable {
    /// A tensor that the model takes or gives. Where requests are computed together, the size that counts rows is left out.
    package struct Value: Codable, Sendable, Equatable {
        /// Its name.
        package var name: String
        /// Its type: `TYPE_FP32`.
        package var dataType: String
        /// Its sizes; -1 for one that requests decide.
        package var dims: [Int]
    }

    /// Sessions of a model.
    package struct InstanceGroup: Codable, Sendable, Equatable {
        /// Name of the group.
        package var name: String
        /// Sessions side by side.
        package var count: Int
        /// `KIND_CPU`.
        package var kind: String
    }

    /// How requests are computed together.
    package struct DynamicBatching: Codable, Sendable, Equatable {
        /// Bounds of the queue.
        package struct QueuePolicy: Codable, Sendable, Equatable {
            /// Most requests that wait.
            package var maxQueueSize: Int
        }

        /// How long the first request waits for others.
        package var maxQueueDelayMicroseconds: Int
        /// Bounds of the queue.
        package var defaultQueuePolicy: QueuePolicy
    }

    /// Name of the model.
    package var name: String
    /// What kind of model it is.
    package var platform: String
    /// `tessera`.
    package var backend: String
    /// Most rows computed together; 0 where requests are computed one by one.
    package var maxBatchSize: Int
    /// What the first function takes.
    package var input: [Value]
    /// What the first function gives.
    package var output: [Value]
    /// Sessions.
    package var instanceGroup: [InstanceGroup]
    /// How requests are computed together; none where they are not.
    package var dynamicBatching: DynamicBatching?

    /// What the protocol tells of `model`.
    package init(_ model: ServedModelDescription) {
        (name, platform, backend) = (model.name, model.platform, "tessera")
        let first = model.functions.first
        let isBatched = (first?.maxBatch ?? 1) > 1
        maxBatchSize = isBatched ? first?.maxBatch ?? 0 : 0
        func value(_ value: ValueDescription) -> Value {
            let sizes = value.shape.map { $0.number ?? -1 }
            let name = value.elementType == .text ? "TYPE_STRING" : "TYPE_\(value.elementType.protocolName)"
            return Value(name: value.name, dataType: name, dims: isBatched ? Array(sizes.dropFirst()) : sizes)
        }
        input = first?.function.inputs.map(value) ?? []
        output = first?.function.outputs.map(value) ?? []
        instanceGroup = [InstanceGroup(name: "\(model.name)_0", count: model.settings.sessions, kind: "KIND_CPU")]
        if isBatched {
            dynamicBatching = DynamicBatching(
                maxQueueDelayMicroseconds: model.settings.maxDelay.wholeMicroseconds,
                defaultQueuePolicy: DynamicBatching.QueuePolicy(maxQueueSize: model.settings.maxQueue))
        }
    }
}

extension Duration {
    /// Whole microseconds.
    package var wholeMicroseconds: Int { wholeNanoseconds / 1000 }

    /// Whole nanoseconds, bounded by what an integer holds.
    package var wholeNanoseconds: Int {
        let (seconds, attoseconds) = components
        let (product, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return isTooLarge ? (seconds < 0 ? Int.min : Int.max) : Int(product) &+ Int(attoseconds / 1_000_000_000)
    }
}
