import Foundation
import Training

/// Options of a training as cases hold them: those of the reference's scripts.
struct TrainingOptions {
    private let training: Parameters
    private let optimizer: Parameters

    init(_ training: Parameters, _ optimizer: Parameters) { (self.training, self.optimizer) = (training, optimizer) }

    /// - Throws: ``UnsupportedCase`` for another optimizer.
    func settings() throws -> TrainerSettings {
        TrainerSettings(
            algorithm: try algorithm(), accumulation: number("accum_iter", training).map { Int($0) } ?? 1,
            clipNorm: number("clip_grad", training), skipNorm: number("skip_grad", training))
    }

    /// Names are those of the option `--opt` and of PyTorch's classes, where both exist; `momentum` is SGD without Nesterov's method.
    private func algorithm() throws -> OptimizerAlgorithm {
        let name = try optimizer.text("name").lowercased()
        if ["adamw", "adam"].contains(name) {
            let (betas, epsilon) = (try optimizer.numbers("betas"), try optimizer.number("eps"))
            guard betas.count == 2 else { throw ConformanceError("the optimizer has \(betas.count) betas, not 2") }
            return name == "adamw"
                ? .adamW(beta1: betas[0], beta2: betas[1], epsilon: epsilon) : .adam(beta1: betas[0], beta2: betas[1], epsilon: epsilon)
        }
        guard ["sgd", "nesterov", "momentum"].contains(name) else { throw UnsupportedCase("the optimizer '\(name)'") }
        let momentum = number("momentum", optimizer) ?? 0
        let isNesterov = (optimizer["nesterov"] as? NSNumber)?.boolValue ?? (name == "nesterov")
        return .sgd(momentum: momentum, isNesterov: isNesterov)
    }

    func learningRates() throws -> [Double] {
        try schedule(try training.number("lr"), try training.number("min_lr"), warmup: span("warmup"))
    }

    func weightDecays() throws -> [Double] {
        let base = try training.number("weight_decay")
        return try schedule(base, number("weight_decay_end", training) ?? base, warmup: TrainingSchedule.Span())
    }

    private func schedule(_ base: Double, _ end: Double, warmup: TrainingSchedule.Span) throws -> [Double] {
        let length = TrainingSchedule.Length(epochs: try training.integer("epochs"), stepsPerEpoch: try training.integer("steps_per_epoch"))
        let name = try training.text("scheduler")
        switch name {
        case "cosine": return try TrainingSchedule.cosine(base: base, end: end, length, warmup: warmup).values
        case "constant": return try TrainingSchedule.constant(base, length).values
        default:
            guard name.hasPrefix("inverse_sqrt") else { throw UnsupportedCase("the schedule '\(name)'") }
            let timescale = name.split(separator: "-").last.flatMap { Double($0) } ?? 10_000
            return try TrainingSchedule.inverseSquareRoot(
                base: base, end: end, length, warmup: warmup, cooldown: span("cooldown"), timescale: timescale
            ).values
        }
    }

    private func span(_ name: String) -> TrainingSchedule.Span {
        TrainingSchedule.Span(
            epochs: number("\(name)_epochs", training).map { Int($0) } ?? 0, steps: number("\(name)_steps", training).map { Int($0) } ?? -1)
    }

    private func number(_ key: String, _ section: Parameters) -> Double? { (section[key] as? NSNumber)?.doubleValue }
}
