import Foundation

/// Denoising diffusion probabilistic models (arXiv 2006.11239): every step but the last adds noise.
///
/// Source: `fourm/vq/scheduling/scheduling_ddpm.py`. Timesteps are `leading` whatever mode is asked for.
package struct DDPMScheduler: DiffusionScheduler {
    package let configuration: SchedulerConfiguration
    package let noiseTable: NoiseTable
    package var kind: SchedulerKind { .ddpm }

    private var inferenceSteps: Int
    private var customTimesteps: [Int]?
    private var clean = CleanPrediction()

    /// - Throws: `SchedulerError.unsupported`.
    package init(_ configuration: SchedulerConfiguration = .init(kind: .ddpm)) throws(SchedulerError) {
        try configuration.checkClipping(kind: .ddpm)
        self.configuration = configuration
        noiseTable = try NoiseTable(configuration, kind: .ddpm)
        inferenceSteps = configuration.trainingSteps
    }

    package mutating func timesteps(count: Int, mode: TimestepMode = .leading) throws(SchedulerError) -> [Int] {
        try checkCount(count)
        inferenceSteps = count
        customTimesteps = nil
        return Timesteps.leading(count: count, training: configuration.trainingSteps)
    }

    /// Visits the given timesteps instead, which must fall.
    /// - Throws: `SchedulerError.timestepOutOfRange`, `.unsupported` for a list that does not fall.
    package mutating func useTimesteps(_ list: [Int]) throws(SchedulerError) {
        try checkRange(list)
        guard !list.isEmpty, zip(list, list.dropFirst()).allSatisfy({ $0 > $1 }) else {
            throw .unsupported(scheduler: .ddpm, parameter: "timesteps", value: "\(list)", allowed: "a falling list")
        }
        customTimesteps = list
    }

    package func needsNoise(at timestep: Int) -> Bool { timestep > 0 }

    package mutating func step(
        modelOutput: UnsafeBufferPointer<Float>, timestep: Int, sample: UnsafeMutableBufferPointer<Float>, batch: Int,
        noise: UnsafeBufferPointer<Float>?
    ) throws(SchedulerError) {
        try checkRange([timestep])
        try checkSizes(sample: sample.count, batch: batch, noise: noise, timestep: timestep)
        let size = sample.count / batch
        let isLearned = configuration.variance == .learned || configuration.variance == .learnedRange
        let hasVariance = isLearned && modelOutput.count == 2 * sample.count
        guard modelOutput.count == sample.count || hasVariance else {
            throw .shape(what: "model output", count: modelOutput.count, expected: sample.count)
        }
        if isLearned, !hasVariance, timestep > 0 { throw .learnedVarianceMissing(timestep: timestep) }
        let alphas = noiseTable.alphasCumprod
        let alpha = alphas[timestep]
        try configuration.checkSignal(alpha: alpha, timestep: timestep)
        let previous = try previousTimestep(timestep)
        let alphaBefore = previous >= 0 ? alphas[previous] : 1
        let stride = hasVariance ? 2 * size : size
        clean.predict(
            modelOutput, outputStride: stride, sample: UnsafeBufferPointer(sample), batch: batch, alpha: alpha,
            configuration)
        let posterior = Posterior(alpha: alpha, alphaBefore: alphaBefore)
        for item in 0..<batch {
            for index in 0..<size {
                let position = item * size + index
                var value = posterior.imageFactor * clean.image[position] + posterior.sampleFactor * sample[position]
                if timestep > 0, let noise {
                    let predicted = hasVariance ? modelOutput[item * stride + size + index] : 0
                    value += posterior.deviation(configuration.variance, predicted: predicted) * noise[position]
                }
                sample[position] = value
            }
        }
    }

    private func previousTimestep(_ timestep: Int) throws(SchedulerError) -> Int {
        guard let list = customTimesteps else { return timestep - configuration.trainingSteps / inferenceSteps }
        guard let index = list.firstIndex(of: timestep) else {
            throw .unsupported(
                scheduler: .ddpm, parameter: "timestep", value: "\(timestep)", allowed: "one of the chosen timesteps")
        }
        return index + 1 < list.count ? list[index + 1] : -1
    }
}

/// Mean and variance of x_{t-1} given x_t and x_0: formula (7) of the paper.
private struct Posterior {
    let imageFactor: Float
    let sampleFactor: Float
    /// Lower and upper choice of the variance.
    let smallVariance: Float
    let largeVariance: Float
    let smallDeviation: Float
    let largeDeviation: Float
    let smallLogDeviation: Float

    init(alpha: Float, alphaBefore: Float) {
        let (beta, betaBefore) = (1 - alpha, 1 - alphaBefore)
        let currentAlpha = alpha / alphaBefore
        let currentBeta = 1 - currentAlpha
        imageFactor = (alphaBefore.squareRoot() * currentBeta) / beta
        sampleFactor = currentAlpha.squareRoot() * betaBefore / beta
        smallVariance = max(betaBefore / beta * currentBeta, 1e-20)
        largeVariance = currentBeta
        smallDeviation = smallVariance.squareRoot()
        largeDeviation = max(largeVariance, 0).squareRoot()
        smallLogDeviation = exp(0.5 * log(smallVariance))
    }

    func deviation(_ type: VarianceType, predicted: Float) -> Float {
        switch type {
        case .fixedSmall: return smallDeviation
        case .fixedSmallLog: return smallLogDeviation
        case .fixedLarge, .fixedLargeLog: return largeDeviation
        case .learned: return predicted.squareRoot()
        case .learnedRange:
            let share = (predicted + 1) / 2
            return exp(0.5 * (share * log(largeVariance) + (1 - share) * log(smallVariance)))
        }
    }
}
