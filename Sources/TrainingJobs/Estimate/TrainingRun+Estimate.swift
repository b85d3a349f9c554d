import Files
import Glibc
import IR
import Inspect
import Training

extension TrainingRun {
    /// What the batches from here on take.
    /// - Parameter measured: whether two batches are done to see how long they take. The trainer is of no use then.
    func estimate(measured: Bool) throws -> TrainingEstimate {
        let inputs = try task.inputs(of: task.batch(min(step, steps - 1)), step: min(step, steps - 1))
        let memory = try shield.run { try trainer.memory(for: inputs.tensors) }
        let seconds = measured ? try secondsPerBatch(inputs) : nil
        let left = steps - step
        // Weights once more as users load them, and twice those at the end and of the best evaluation.
        let model = memory.parameterBytes + memory.averageBytes + memory.constantBytes
        let checkpoint = memory.parameterBytes + memory.momentBytes + memory.averageBytes + model
        return TrainingEstimate(
            kind: task.kind, steps: left, allSteps: steps, parameters: memory.parameterBytes / 4,
            stateBytes: memory.parameterBytes + memory.momentBytes + memory.averageBytes + memory.gradientBytes,
            constantBytes: memory.constantBytes, stepBytes: memory.stepBytes,
            // While a checkpoint is written there is a copy of what is trained.
            memoryBytes: memory.bytes + memory.parameterBytes + memory.momentBytes + memory.averageBytes,
            availableBytes: AvailableMemory.bytes, secondsPerBatch: seconds, seconds: seconds.map { $0 * Double(left) },
            rate: seconds.map { Double(inputs.amount * (job.team?.size ?? 1)) / max($0, 1e-9) }, unit: task.unit,
            checkpointBytes: checkpoint, diskBytes: checkpoint * (settings.keep + 1) + 2 * model, freeDiskBytes: freeDisk)
    }

    /// Of the second of two batches; the first also lays out memory.
    private func secondsPerBatch(_ inputs: StepInputs) throws -> Double {
        let clock = ContinuousClock()
        var last = Duration.zero
        for _ in 0..<2 {
            last = try clock.measure {
                _ = try shield.run {
                    try trainer.step(inputs.tensors, learningRate: 0, weightDecay: 0, without: inputs.without)
                }
            }
        }
        return last.seconds
    }

    private var freeDisk: Int? {
        var place = settings.output
        while !FilePath.exists(place), place != "/", place != "." { place = FilePath.folder(of: place) }
        var status = statvfs()
        guard statvfs(place, &status) == 0 else { return nil }
        let (bytes, isTooLarge) = Int(clamping: status.f_bavail).multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
        return isTooLarge ? nil : bytes
    }
}
