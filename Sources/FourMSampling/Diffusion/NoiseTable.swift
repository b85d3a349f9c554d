import Foundation

/// The cumulative products of 1 - beta, one per training step, in the reference's precision: Float tables, sums of
/// products carried in Double.
///
/// Source: `fourm/vq/scheduling/scheduling_utils.py` and the constructors beside it.
package struct NoiseTable: Hashable, Sendable {
    /// Share of signal left after each training step (variance).
    package let alphasCumprod: [Float]

    /// - Throws: `SchedulerError.unsupported`.
    package init(_ configuration: SchedulerConfiguration, kind: SchedulerKind) throws(SchedulerError) {
        try Self.check(configuration, kind: kind)
        if case .shiftedCosine(let shift) = configuration.betaSchedule, configuration.trainedBetas == nil {
            alphasCumprod = Self.shiftedCosine(steps: configuration.trainingSteps, shift: shift)
            return
        }
        var betas = Self.betas(configuration)
        if configuration.zeroTerminalSNR, kind != .pndm { betas = Self.withZeroTerminalSNR(betas) }
        alphasCumprod = Self.cumulativeProduct(betas.map { 1 - $0 })
    }

    private static func check(_ configuration: SchedulerConfiguration, kind: SchedulerKind) throws(SchedulerError) {
        let steps = configuration.trainingSteps
        guard (2...1_000_000).contains(steps) else {
            throw .unsupported(
                scheduler: kind, parameter: "num_train_timesteps", value: "\(steps)", allowed: "2 to 1000000")
        }
        if let betas = configuration.trainedBetas {
            guard betas.count == steps, betas.allSatisfy({ $0 > 0 && $0 < 1 }) else {
                throw .unsupported(
                    scheduler: kind, parameter: "trained_betas", value: "\(betas.count) values",
                    allowed: "\(steps) values between 0 and 1, one per training step")
            }
        } else if !configuration.betaSchedule.isSupported(by: kind) {
            throw .unsupported(
                scheduler: kind, parameter: "beta_schedule", value: configuration.betaSchedule.name,
                allowed: BetaSchedule.allowed(for: kind))
        }
        let range = configuration.betaStart...max(configuration.betaStart, configuration.betaEnd)
        guard configuration.betaStart > 0, range.upperBound < 1, configuration.betaEnd > 0 else {
            throw .unsupported(
                scheduler: kind, parameter: "beta_start, beta_end",
                value: "\(configuration.betaStart), \(configuration.betaEnd)", allowed: "numbers between 0 and 1")
        }
    }

    private static func betas(_ configuration: SchedulerConfiguration) -> [Float] {
        let steps = configuration.trainingSteps
        let (start, end) = (configuration.betaStart, configuration.betaEnd)
        if let trained = configuration.trainedBetas { return trained.map { Float($0) } }
        switch configuration.betaSchedule {
        case .scaledLinear:
            return linspace(start.squareRoot(), end.squareRoot(), steps).map { $0 * $0 }
        case .squaredCosine:
            return squaredCosine(steps: steps)
        case .sigmoid:
            return linspace(-6, 6, steps).map { sigmoid($0) * Float(end - start) + Float(start) }
        case .linear, .shiftedCosine:
            return linspace(start, end, steps)
        }
    }

    /// Equally spaced values, counted from the nearer end in Float with fused products, bit for bit as torch does.
    private static func linspace(_ start: Double, _ end: Double, _ count: Int) -> [Float] {
        let (first, last) = (Float(start), Float(end))
        let width = (last - first) / Float(count - 1)
        return (0..<count).map { index in
            index < count / 2
                ? first.addingProduct(width, Float(index)) : last.addingProduct(-width, Float(count - 1 - index))
        }
    }

    private static func squaredCosine(steps: Int) -> [Float] {
        func alpha(_ t: Double) -> Double {
            let value = cos((t + 0.008) / 1.008 * Double.pi / 2)
            return value * value
        }
        return (0..<steps).map { index in
            let ratio = alpha(Double(index + 1) / Double(steps)) / alpha(Double(index) / Double(steps))
            return Float(min(1 - ratio, 0.999))
        }
    }

    /// Log-SNR -2 (ln tan(pi t / 2) + ln shift), clipped to [-15, 15]; the last step is pure noise.
    private static func shiftedCosine(steps: Int, shift: Double) -> [Float] {
        var table = linspace(0, 1, steps).map { t in
            let logSNR = -2 * (log(tan(Double.pi * Double(t) / 2)) + log(shift))
            return sigmoid(Float(min(max(logSNR, -15), 15)))
        }
        table[steps - 1] = 0
        return table
    }

    /// arXiv 2305.08891, algorithm 1.
    private static func withZeroTerminalSNR(_ betas: [Float]) -> [Float] {
        var roots = cumulativeProduct(betas.map { 1 - $0 }).map { libraryRoot($0) }
        guard let first = roots.first, let last = roots.last else { return betas }
        let scale = first / (first - last)
        roots = roots.map { ($0 - last) * scale }
        let squares = roots.map { $0 * $0 }
        return squares.indices.map { 1 - ($0 == 0 ? squares[0] : squares[$0] / squares[$0 - 1]) }
    }

    /// The square root of torch's vector library, whose last bit is not always the nearest: x r with r = 1 / sqrt x,
    /// and one fused Newton correction, which halves the rounding error of the product and does not remove it.
    ///
    /// It matters where alpha is close to 1: the squared cosine begins with 1 - alpha = 4e-5, of which one unit in the
    /// last place of alpha is 0.15 %.
    private static func libraryRoot(_ x: Float) -> Float {
        guard x > 0 else { return 0 }
        let reciprocal = Float(1 / Double(x).squareRoot())
        let root = x * reciprocal
        return root.addingProduct(root, Float(0.5).addingProduct(-root, reciprocal * 0.5))
    }

    private static func cumulativeProduct(_ values: [Float]) -> [Float] {
        var product = 1.0
        return values.map { value in
            product *= Double(value)
            return Float(product)
        }
    }

    private static func sigmoid(_ x: Float) -> Float { 1 / (1 + exp(-x)) }
}
