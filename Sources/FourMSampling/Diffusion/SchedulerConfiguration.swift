/// The three samplers of the reference.
package enum SchedulerKind: String, Codable, Hashable, Sendable, CaseIterable {
    /// Song, Meng, Ermon: "Denoising Diffusion Implicit Models", arXiv 2010.02502.
    case ddim
    /// Ho, Jain, Abbeel: "Denoising Diffusion Probabilistic Models", arXiv 2006.11239.
    case ddpm
    /// Liu, Ren, Lin, Zhao: "Pseudo Numerical Methods for Diffusion Models on Manifolds", arXiv 2202.09778.
    case pndm
}

/// How the training steps are thinned out (Lin et al., arXiv 2305.08891, table 2).
package enum TimestepMode: String, Codable, Hashable, Sendable, CaseIterable {
    case leading, trailing, linspace
}

/// What the network predicts.
package enum PredictionType: String, Codable, Hashable, Sendable, CaseIterable {
    /// The noise.
    case epsilon
    /// The clean image.
    case sample
    /// sqrt(alpha) noise - sqrt(1 - alpha) image.
    case v = "v_prediction"
}

/// Which variance a DDPM step adds.
package enum VarianceType: String, Codable, Hashable, Sendable, CaseIterable {
    case fixedSmall = "fixed_small"
    case fixedSmallLog = "fixed_small_log"
    case fixedLarge = "fixed_large"
    /// The same as `fixedLarge` (the reference takes the root of a logarithm here, which is not a number).
    case fixedLargeLog = "fixed_large_log"
    case learned
    case learnedRange = "learned_range"
}

/// The parameters of a scheduler, named and preset as in `fourm/vq/scheduling`.
package struct SchedulerConfiguration: Hashable, Sendable, Codable {
    package var trainingSteps = 1000
    package var betaStart = 0.0001
    package var betaEnd = 0.02
    package var betaSchedule = BetaSchedule.linear
    /// One beta per training step, instead of a schedule.
    package var trainedBetas: [Double]?
    package var prediction = PredictionType.v
    /// Moves and scales the schedule so that the last step holds no signal (arXiv 2305.08891). PNDM ignores it, and so
    /// does the shifted cosine, whose last step never holds signal.
    package var zeroTerminalSNR = true
    /// Imagen's dynamic thresholding (arXiv 2205.11487); wins over `clipSample`. PNDM ignores both.
    package var thresholding = false
    package var thresholdingRatio = 0.995
    /// Upper bound of the threshold; at 1, the default, thresholding is plain clipping to [-1, 1].
    package var sampleMaxValue = 1.0
    package var clipSample = true
    package var clipSampleRange = 1.0
    /// Cumulative alpha before the first step: 1, or that of step 0.
    package var setAlphaToOne = true
    package var stepsOffset = 0
    package var variance = VarianceType.fixedSmall
    /// PNDM: leaves out the Runge–Kutta steps at the start.
    package var skipPRKSteps = false
    /// PNDM: the only mode to accept; nil accepts all.
    package var timestepSpacing: TimestepMode?
    /// DDIM: share of the DDPM variance to add, 0 for none.
    package var eta = 0.0
    /// DDIM: take the noise from the clipped prediction instead of the unclipped one.
    package var useClippedModelOutput = false

    package init() {}

    /// The presets of a kind: PNDM differs in predicting epsilon and in taking the first alpha from the table.
    package init(kind: SchedulerKind) {
        if kind == .pndm {
            prediction = .epsilon
            setAlphaToOne = false
        }
    }

    /// The scheduler of a kind with these parameters.
    /// - Throws: `SchedulerError.unsupported`.
    package func makeScheduler(_ kind: SchedulerKind) throws(SchedulerError) -> any DiffusionScheduler {
        switch kind {
        case .ddim: try DDIMScheduler(self)
        case .ddpm: try DDPMScheduler(self)
        case .pndm: try PNDMScheduler(self)
        }
    }
}
