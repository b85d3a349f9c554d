import Inspect
import Training

/// What a training will take.
package struct TrainingEstimate: Encodable, Sendable {
    package let kind: String
    /// Batches that are still to be done, and of the whole.
    package let steps, allSteps: Int
    /// Trained numbers.
    package let parameters: Int
    /// Memory: weights with moments, averages and gradients; other constants; activations and results of a step, as the planner places them
    /// (nil where data decide sizes); and all that this process may have.
    package let stateBytes, constantBytes: Int
    package let stepBytes: Int?
    package let memoryBytes, availableBytes: Int
    /// Measured on the first batches.
    package let secondsPerBatch: Double?
    package let seconds: Double?
    /// Tokens or samples a second.
    package let rate: Double?
    package let unit: String
    /// Of a checkpoint, of all outputs, and free.
    package let checkpointBytes, diskBytes: Int
    package let freeDiskBytes: Int?

    package var rows: [[String]] {
        var rows = [
            ["parameters", Human.exact(parameters)], ["batches", "\(steps)" + (steps < allSteps ? " of \(allSteps)" : "")],
            ["memory", "\(Human.bytes(memoryBytes)) of \(Human.bytes(availableBytes))"],
            ["  weights, moments, gradients", Human.bytes(stateBytes)], ["  other constants", Human.bytes(constantBytes)],
            ["  a step", stepBytes.map(Human.bytes) ?? "data decide it"],
            ["disk", Human.bytes(diskBytes) + (freeDiskBytes.map { " of \(Human.bytes($0))" } ?? "")],
            ["  a checkpoint", Human.bytes(checkpointBytes)],
        ]
        if let secondsPerBatch, let seconds, let rate {
            rows.insert(["time", "\(TrainingPace.text(seconds)), \(TrainingPace.text(secondsPerBatch)) a batch"], at: 2)
            rows.insert(["pace", "\(Human.count(rate)) \(unit)/s"], at: 3)
        }
        return rows
    }

    /// - Throws: ``WorkError`` where the memory does not suffice.
    func checkMemory() throws {
        guard memoryBytes > availableBytes else { return }
        throw WorkError(
            "the training takes \(Human.bytes(memoryBytes)) (\(Human.bytes(stateBytes)) of weights, moments and gradients, "
                + "\(stepBytes.map(Human.bytes) ?? "more") for a step), and \(Human.bytes(availableBytes)) can be had; take smaller batches and "
                + "accumulate gradients over more of them, or train fewer parameters", .resources)
    }

    /// A warning where the disk does not suffice; nil where it does.
    var diskProblem: String? {
        guard let freeDiskBytes, diskBytes > freeDiskBytes else { return nil }
        return
            "checkpoints take up to \(Human.bytes(diskBytes)), and the disk has \(Human.bytes(freeDiskBytes)) left; keep fewer, or make room"
    }
}
