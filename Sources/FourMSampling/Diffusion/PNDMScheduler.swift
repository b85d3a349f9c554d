/// Pseudo numerical methods (arXiv 2202.09778): Runge–Kutta steps at the start, then a linear multi-step method.
///
/// Source: `fourm/vq/scheduling/scheduling_pndm.py`. Knows neither zero terminal SNR nor clipping. The steps must be
/// taken in the order of `timesteps`, one model evaluation each; the scheduler remembers where it is.
package struct PNDMScheduler: DiffusionScheduler {
    package let configuration: SchedulerConfiguration
    package let noiseTable: NoiseTable
    package var kind: SchedulerKind { .pndm }

    private var stride: Int?
    private var rungeKuttaTimesteps: [Int] = []
    private var counter = 0
    private var start: [Float] = []
    private var accumulated: [Float] = []
    /// The last predictions, newest last, at most four.
    private var history: [[Float]] = []

    /// - Throws: `SchedulerError.unsupported`.
    package init(_ configuration: SchedulerConfiguration = .init(kind: .pndm)) throws(SchedulerError) {
        guard configuration.prediction != .sample else {
            throw .unsupported(
                scheduler: .pndm, parameter: "prediction_type", value: "sample", allowed: "epsilon or v_prediction")
        }
        self.configuration = configuration
        noiseTable = try NoiseTable(configuration, kind: .pndm)
    }

    package mutating func timesteps(count: Int, mode: TimestepMode) throws(SchedulerError) -> [Int] {
        try checkCount(count)
        if let spacing = configuration.timestepSpacing, spacing != mode {
            throw .unsupported(
                scheduler: .pndm, parameter: "mode", value: mode.rawValue, allowed: spacing.rawValue)
        }
        let training = configuration.trainingSteps
        let base = PNDMTimesteps.base(
            count: count, training: training, mode: mode, offset: configuration.stepsOffset)
        var first: [Int] = []
        let rest: [Int]
        if configuration.skipPRKSteps {
            rest = PNDMTimesteps.multiStepOnly(base)
        } else {
            guard base.count >= PNDMTimesteps.order else {
                throw .inferenceSteps(
                    scheduler: .pndm, count: count, allowed: "4 or more, or skip_prk_steps")
            }
            first = PNDMTimesteps.rungeKutta(base, half: training / count / 2)
            rest = base.dropLast(3).reversed()
        }
        try checkRange(first + rest)
        rungeKuttaTimesteps = first
        stride = training / count
        counter = 0
        history = []
        accumulated = []
        return first + rest
    }

    package func needsNoise(at timestep: Int) -> Bool { false }

    package mutating func step(
        modelOutput: UnsafeBufferPointer<Float>, timestep: Int, sample: UnsafeMutableBufferPointer<Float>, batch: Int,
        noise: UnsafeBufferPointer<Float>?
    ) throws(SchedulerError) {
        guard let stride else { throw .timestepsNotSet(.pndm) }
        try checkRange([timestep])
        try checkSizes(sample: sample.count, batch: batch, noise: noise, timestep: timestep)
        guard modelOutput.count == sample.count else {
            throw .shape(what: "model output", count: modelOutput.count, expected: sample.count)
        }
        if counter > 0, let known = history.first, known.count != sample.count {
            throw .shape(what: "sample", count: sample.count, expected: known.count)
        }
        if counter < rungeKuttaTimesteps.count {
            rungeKuttaStep(modelOutput, timestep: timestep, sample: sample, half: stride / 2)
        } else {
            try multiStep(modelOutput, timestep: timestep, sample: sample, stride: stride)
        }
        counter += 1
    }

    /// Four evaluations with weights 1/6, 1/3, 1/3, 1/6, all from the image at the first of them.
    private mutating func rungeKuttaStep(
        _ output: UnsafeBufferPointer<Float>, timestep: Int, sample: UnsafeMutableBufferPointer<Float>, half: Int
    ) {
        let phase = counter % 4
        let previous = counter % 2 == 1 ? timestep : timestep - half
        var prediction = Array(output)
        switch phase {
        case 0:
            accumulated = prediction.map { Float(1.0 / 6) * $0 }
            history.append(prediction)
            start = Array(sample)
        case 3:
            for index in prediction.indices {
                prediction[index] = accumulated[index] + Float(1.0 / 6) * prediction[index]
            }
        default:
            for index in prediction.indices { accumulated[index] += Float(1.0 / 3) * prediction[index] }
        }
        transfer(from: start, prediction, at: rungeKuttaTimesteps[counter / 4 * 4], to: previous, into: sample)
    }

    /// Adams–Bashforth with as many past predictions as there are, up to four.
    private mutating func multiStep(
        _ output: UnsafeBufferPointer<Float>, timestep: Int, sample: UnsafeMutableBufferPointer<Float>, stride: Int
    ) throws(SchedulerError) {
        var (current, previous) = (timestep, timestep - stride)
        var from = Array(sample)
        var prediction = Array(output)
        if counter == 1 {
            (current, previous) = (timestep + stride, timestep)
            try checkRange([current])
        } else {
            history = history.suffix(3) + [prediction]
        }
        let newest = history.count - 1
        switch (history.count, counter) {
        case (1, 0):
            start = from
        case (1, _):
            for index in prediction.indices { prediction[index] = (prediction[index] + history[0][index]) / 2 }
            from = start
        case (2, _):
            for index in prediction.indices {
                prediction[index] = (3 * history[newest][index] - history[newest - 1][index]) / 2
            }
        case (3, _):
            for index in prediction.indices {
                let (a, b, c) = (history[newest][index], history[newest - 1][index], history[newest - 2][index])
                prediction[index] = (23 * a - 16 * b + 5 * c) / 12
            }
        default:
            for index in prediction.indices {
                let (a, b, c) = (history[newest][index], history[newest - 1][index], history[newest - 2][index])
                prediction[index] = Float(1.0 / 24) * (55 * a - 59 * b + 37 * c - 9 * history[newest - 3][index])
            }
        }
        transfer(from: from, prediction, at: current, to: previous, into: sample)
    }

    /// Formula (9) of the paper.
    private func transfer(
        from image: [Float], _ prediction: [Float], at timestep: Int, to previous: Int,
        into sample: UnsafeMutableBufferPointer<Float>
    ) {
        let alphas = noiseTable.alphasCumprod
        let alpha = alphas[timestep]
        let before = previous >= 0 ? alphas[previous] : (configuration.setAlphaToOne ? 1 : alphas[0])
        let (rootAlpha, rootBeta) = (alpha.squareRoot(), (1 - alpha).squareRoot())
        let imageFactor = (before / alpha).squareRoot()
        let denominator = alpha * (1 - before).squareRoot() + (alpha * (1 - alpha) * before).squareRoot()
        for index in 0..<sample.count {
            var epsilon = prediction[index]
            if configuration.prediction == .v { epsilon = rootAlpha * epsilon + rootBeta * image[index] }
            sample[index] = imageFactor * image[index] - (before - alpha) * epsilon / denominator
        }
    }
}

/// PNDM's timestep lists.
enum PNDMTimesteps {
    /// Order of the method: evaluations of a Runge–Kutta step, and past predictions of a multi-step.
    static let order = 4

    /// Ascending timesteps.
    static func base(count: Int, training: Int, mode: TimestepMode, offset: Int) -> [Int] {
        switch mode {
        case .leading:
            return (0..<count).map { ($0 * (training / count)).addingReportingOverflow(offset).partialValue }
        case .linspace:
            return Timesteps.equallySpaced(from: 0, to: Double(training - 1), count: count)
        case .trailing:
            return trailing(count: count, training: training)
        }
    }

    /// T, T - T/n, … above 0, rounded, less 1; spaced as NumPy's `arange` does in Double.
    private static func trailing(count: Int, training: Int) -> [Int] {
        let ratio = Double(training) / Double(count)
        let start = Double(training)
        let width = (start - ratio) - start
        let length = Int((start / ratio).rounded(.up))
        return (0..<length).reversed().map {
            Int((start + Double($0) * width).rounded(.toNearestOrEven)) - 1
        }
    }

    /// Falling, with the second timestep visited twice.
    static func multiStepOnly(_ base: [Int]) -> [Int] {
        guard let last = base.last else { return [] }
        let repeated = base.dropLast().last.map { [$0] } ?? []
        return (Array(base.dropLast()) + repeated + [last]).reversed()
    }

    /// The last four timesteps with midpoints between them, each inner one twice: three steps of four evaluations.
    static func rungeKutta(_ base: [Int], half: Int) -> [Int] {
        let points = base.suffix(order).flatMap { [$0, $0 + half] }.dropLast()
        let doubled = points.flatMap { [$0, $0] }
        return doubled.dropFirst().dropLast().reversed()
    }
}
