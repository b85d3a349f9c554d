/// Turns a network's predictions into the next, less noisy image.
///
/// Use: `for t in try scheduler.timesteps(count: n, mode: .trailing) { predict; try scheduler.step(…) }`, beginning
/// with standard normal noise. A scheduler is a value: copy it to start over.
package protocol DiffusionScheduler: Sendable {
    var kind: SchedulerKind { get }
    var configuration: SchedulerConfiguration { get }
    var noiseTable: NoiseTable { get }

    /// Sets the inference steps and returns the timesteps to visit, noisiest first. It can be more than `count`.
    /// - Throws: `SchedulerError.inferenceSteps`, `.timestepOutOfRange`, `.unsupported`.
    mutating func timesteps(count: Int, mode: TimestepMode) throws(SchedulerError) -> [Int]

    /// Whether the step at this timestep adds noise.
    func needsNoise(at timestep: Int) -> Bool

    /// Overwrites `sample` (batch x elements) with the image one step less noisy.
    /// - Parameters:
    ///   - modelOutput: the prediction, as long as `sample`; twice as long per item for learned variances.
    ///   - batch: items in `sample`; dynamic thresholding looks at each on its own.
    ///   - noise: standard normal numbers, as long as `sample`, where `needsNoise`.
    /// - Throws: `SchedulerError`; `sample` is then unchanged.
    mutating func step(
        modelOutput: UnsafeBufferPointer<Float>, timestep: Int, sample: UnsafeMutableBufferPointer<Float>, batch: Int,
        noise: UnsafeBufferPointer<Float>?
    ) throws(SchedulerError)
}

extension DiffusionScheduler {
    /// `step` on arrays, in place.
    package mutating func step(
        modelOutput: [Float], timestep: Int, sample: inout [Float], batch: Int = 1, noise: [Float]? = nil
    ) throws(SchedulerError) {
        try modelOutput.withUnsafeBufferPointer { (output) throws(SchedulerError) in
            try sample.withUnsafeMutableBufferPointer { (sample) throws(SchedulerError) in
                guard let noise else {
                    return try step(
                        modelOutput: output, timestep: timestep, sample: sample, batch: batch, noise: nil)
                }
                try noise.withUnsafeBufferPointer { (noise) throws(SchedulerError) in
                    try step(modelOutput: output, timestep: timestep, sample: sample, batch: batch, noise: noise)
                }
            }
        }
    }

    /// `step` on arrays; returns the next image.
    package mutating func step(
        modelOutput: [Float], timestep: Int, sample: [Float], batch: Int = 1, noise: [Float]? = nil
    ) throws(SchedulerError) -> [Float] {
        var next = sample
        try step(modelOutput: modelOutput, timestep: timestep, sample: &next, batch: batch, noise: noise)
        return next
    }

    func checkCount(_ count: Int) throws(SchedulerError) {
        guard count >= 1, count <= configuration.trainingSteps else {
            throw .inferenceSteps(scheduler: kind, count: count, allowed: "1 to \(configuration.trainingSteps)")
        }
    }

    func checkRange(_ timesteps: [Int]) throws(SchedulerError) {
        let steps = configuration.trainingSteps
        if let wrong = timesteps.first(where: { !(0..<steps).contains($0) }) {
            throw .timestepOutOfRange(timestep: wrong, trainingSteps: steps)
        }
    }

    func checkSizes(
        sample: Int, batch: Int, noise: UnsafeBufferPointer<Float>?, timestep: Int
    ) throws(SchedulerError) {
        guard batch >= 1, sample % batch == 0 else {
            throw .shape(what: "sample for a batch of \(batch)", count: sample, expected: max(batch, 1))
        }
        guard needsNoise(at: timestep) else { return }
        guard let noise else { throw .noiseMissing(timestep: timestep) }
        guard noise.count == sample else { throw .shape(what: "noise", count: noise.count, expected: sample) }
    }
}
