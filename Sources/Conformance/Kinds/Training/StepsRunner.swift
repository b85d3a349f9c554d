import Foundation
import FourMModels
import IR
import Training

/// Several updates of a 4M model by an optimizer.
enum StepsRunner: CaseRunner {
    static let kinds = ["fm-steps"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let (loss, outputs, parameters) = (try LossCase(golden), try golden.outputs(), golden.parameters)
        let training = TrainingOptions(try parameters.section("training"), try parameters.section("optimizer"))
        let (rates, decays) = (try training.learningRates(), try training.weightDecays())
        let (steps, type) = (try parameters.integer("steps"), try parameters.text("loss_type"))
        guard steps > 0, rates.count >= steps, decays.count >= steps else {
            throw ConformanceError("\(golden.folder.path): \(steps) steps need as many values of the schedules, not \(rates.count)")
        }
        let modelling = try loss.modelling(loss.set("step0."))
        let groups = try parameters.sections("parameter_groups").map { group in
            ParameterGroup(
                weightDecay: try group.number("weight_decay"), learningRateScale: try group.number("lr_scale"),
                parameters: try group.texts("params"))
        }
        let trainer = try Trainer(modelling.trained(groups), training.settings())
        var series = Series()
        for step in 0..<steps {
            let batch = try loss.inputs(loss.set("step\(step)."), type)
            let outcome = try trainer.step(
                batch, learningRate: rates[step], weightDecay: decays[step], without: modelling.absent(batch))
            series.add(outcome, trainer.rates)
        }
        series.compare(outputs, golden, &report)
        try compareFinal(trainer, rates.prefix(steps).reduce(0, +), golden, outputs, &report)
        compareCounts(trainer, golden, &report)
        report.requireAll(outputs)
    }

    /// Numbers of each step.
    private struct Series {
        private var values: [String: [Double]] = [:]

        mutating func add(_ outcome: StepOutcome, _ rates: (learningRate: Double, weightDecay: Double)) {
            for (key, result) in outcome.results where result.count == 1 { values[key, default: []] += result.doubles }
            values["grad_norm", default: []].append(outcome.gradientNorm ?? .nan)
            values["lr", default: []].append(rates.learningRate)
            values["weight_decay", default: []].append(rates.weightDecay)
        }

        func compare(_ outputs: [String: Tensor], _ golden: GoldenCase, _ report: inout CaseReport) {
            for (key, expected) in outputs.sorted(by: { $0.key < $1.key }) {
                guard let own = values[key] else { continue }
                report.compare(key, Tensor(own, [own.count], as: .f64), expected, absolute: golden.tolerance(of: key))
            }
        }
    }

    /// Weights and moments at the end.
    private static func compareFinal(
        _ trainer: Trainer, _ learned: Double, _ golden: GoldenCase, _ outputs: [String: Tensor], _ report: inout CaseReport
    ) throws {
        let state = trainer.state
        let undetermined = golden.parameters["undetermined_elements"] as? [String: [Int]] ?? [:]
        for (key, expected) in outputs.sorted(by: { $0.key < $1.key }) {
            if let parameter = key.suffix(behind: "final.") {
                let found = state.tensors["parameter." + parameter]
                guard let range = undetermined[parameter], range.count == 2, let found, found.shape == expected.shape else {
                    report.compare(key, found, expected, absolute: golden.tolerance(of: key))
                    continue
                }
                compare(key, found, expected, golden.tolerance(of: key), range[0]..<max(range[1], range[0]), 2 * learned, &report)
            } else if ["exp_avg.", "exp_avg_sq.", "momentum_buffer."].contains(where: key.hasPrefix) {
                report.compare(key, state.tensors[key], expected, absolute: golden.tolerance(of: key))
            }
        }
    }

    /// Elements in `range`, whose gradients are noise, may have gone anywhere that the learning rates let them.
    private static func compare(
        _ key: String, _ found: Tensor, _ expected: Tensor, _ absolute: Double?, _ range: Range<Int>, _ reach: Double,
        _ report: inout CaseReport
    ) {
        var values = found.doubles
        let wanted = expected.doubles
        for index in range where wanted.indices.contains(index) && abs(values[index] - wanted[index]) <= reach {
            values[index] = wanted[index]
        }
        report.compare(key, Tensor(values, found.shape, as: found.dtype), expected, absolute: absolute)
    }

    /// How often parameters were updated.
    private static func compareCounts(_ trainer: Trainer, _ golden: GoldenCase, _ report: inout CaseReport) {
        let parameters = golden.parameters
        let updates = (parameters["optimizer_updates"] as? NSNumber)?.intValue ?? trainer.updates
        report.check(trainer.updates == updates, "there were \(trainer.updates) updates, not \(updates)")
        let fewer = parameters["parameters_with_fewer_updates"] as? [String: NSNumber] ?? [:]
        let none = Set(parameters["parameters_without_optimizer_state"] as? [String] ?? [])
        for (key, count) in trainer.state.integers.sorted(by: { $0.key < $1.key }) {
            guard let parameter = key.suffix(behind: "step.") else { continue }
            let expected = none.contains(parameter) ? 0 : fewer[parameter]?.intValue ?? updates
            report.check(count == expected, "\(parameter) was updated \(count) times, not \(expected)")
        }
    }
}

extension String {
    /// What is behind `prefix`, if this begins with it.
    fileprivate func suffix(behind prefix: String) -> String? { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil }
}

extension GoldenCase {
    /// The absolute tolerance of one output, where the case gives it one.
    func tolerance(of key: String) -> Double? { ((json["tolerance_per_key"] as? Parameters)?[key] as? NSNumber)?.doubleValue }
}
