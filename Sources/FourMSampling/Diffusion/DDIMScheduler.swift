/// Denoising diffusion implicit models (arXiv 2010.02502), deterministic at eta 0.
///
/// Source: `fourm/vq/scheduling/scheduling_ddim.py`. The previous timestep is t - T//n in every mode; below 0 the
/// cumulative alpha is 1 (or that of step 0 without `setAlphaToOne`).
package struct DDIMScheduler: DiffusionScheduler {
    package let configuration: SchedulerConfiguration
    package let noiseTable: NoiseTable
    package var kind: SchedulerKind { .ddim }

    private var inferenceSteps: Int?
    private var clean = CleanPrediction()

    /// - Throws: `SchedulerError.unsupported`.
    package init(_ configuration: SchedulerConfiguration = .init(kind: .ddim)) throws(SchedulerError) {
        try configuration.checkClipping(kind: .ddim)
        self.configuration = configuration
        noiseTable = try NoiseTable(configuration, kind: .ddim)
    }

    package mutating func timesteps(count: Int, mode: TimestepMode) throws(SchedulerError) -> [Int] {
        try checkCount(count)
        let training = configuration.trainingSteps
        let list =
            switch mode {
            case .leading: Timesteps.leading(count: count, training: training)
            case .trailing: Timesteps.trailing(count: count, training: training)
            case .linspace: Timesteps.linspace(count: count, training: training)
            }
        let shifted = list.map { $0.addingReportingOverflow(configuration.stepsOffset).partialValue }
        try checkRange(shifted)
        inferenceSteps = count
        return shifted
    }

    package func needsNoise(at timestep: Int) -> Bool { configuration.eta > 0 }

    package mutating func step(
        modelOutput: UnsafeBufferPointer<Float>, timestep: Int, sample: UnsafeMutableBufferPointer<Float>, batch: Int,
        noise: UnsafeBufferPointer<Float>?
    ) throws(SchedulerError) {
        guard let inferenceSteps else { throw .timestepsNotSet(.ddim) }
        try checkRange([timestep])
        try checkSizes(sample: sample.count, batch: batch, noise: noise, timestep: timestep)
        guard modelOutput.count == sample.count else {
            throw .shape(what: "model output", count: modelOutput.count, expected: sample.count)
        }
        let alphas = noiseTable.alphasCumprod
        let alpha = alphas[timestep]
        try configuration.checkSignal(alpha: alpha, timestep: timestep)
        let previous = timestep - configuration.trainingSteps / inferenceSteps
        let alphaBefore = previous >= 0 ? alphas[previous] : (configuration.setAlphaToOne ? 1 : alphas[0])
        clean.predict(
            modelOutput, outputStride: sample.count / batch, sample: UnsafeBufferPointer(sample), batch: batch,
            alpha: alpha, configuration)
        combine(modelOutput, sample, noise, alpha: alpha, alphaBefore: alphaBefore)
    }

    /// Formula (12): x' = sqrt(a') x0 + sqrt(1 - a' - sigma^2) eps + sigma noise, with sigma from formula (16).
    private func combine(
        _ output: UnsafeBufferPointer<Float>, _ sample: UnsafeMutableBufferPointer<Float>,
        _ noise: UnsafeBufferPointer<Float>?, alpha: Float, alphaBefore: Float
    ) {
        let (rootAlpha, rootBeta) = (alpha.squareRoot(), (1 - alpha).squareRoot())
        var sigma: Float = 0
        if configuration.eta > 0 {
            let variance = ((1 - alphaBefore) / (1 - alpha)) * (1 - alpha / alphaBefore)
            sigma = Float(configuration.eta) * max(variance, 0).squareRoot()
        }
        let direction = max(1 - alphaBefore - sigma * sigma, 0).squareRoot()
        let rootBefore = alphaBefore.squareRoot()
        for index in 0..<sample.count {
            let x0 = clean.image[index]
            let epsilon =
                if configuration.useClippedModelOutput {
                    (sample[index] - rootAlpha * x0) / rootBeta
                } else {
                    switch configuration.prediction {
                    case .epsilon: output[index]
                    case .sample: (sample[index] - rootAlpha * output[index]) / rootBeta
                    case .v: rootAlpha * output[index] + rootBeta * sample[index]
                    }
                }
            let value = rootBefore * x0 + direction * epsilon
            sample[index] = sigma > 0 ? value + sigma * (noise?[index] ?? 0) : value
        }
    }
}
