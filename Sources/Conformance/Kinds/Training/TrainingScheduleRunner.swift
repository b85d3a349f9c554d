import Formats
import Foundation
import FourMTraining
import IR
import Training

/// Learning rates and weight decays of every step, and groups of parameters.
enum TrainingScheduleRunner: CaseRunner {
    static let kinds = ["train-schedules"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let data = try golden.dataFile()
        guard let json = try JSONSerialization.jsonObject(with: data) as? Parameters else {
            throw ConformanceError("\(golden.folder.path): the schedules are no JSON object")
        }
        let outputs = try golden.outputs()
        for kind in ["cosine", "constant", "inverse_sqrt"] {
            for (index, entry) in try json.sections(kind).enumerated() {
                try compare("\(kind)[\(index)]", entry, outputs, &report) { try schedule(kind, try entry.section("arguments")) }
            }
        }
        for (index, entry) in try json.sections("run").enumerated() { try compareRun("run[\(index)]", entry, outputs, &report) }
        let groups = ParameterGroupComparison(try ConfigValue(json: data, file: golden.folder.path))
        try groups.compare(try json.sections("parameter_groups"), &report)
        report.requireAll(outputs)
    }

    private static func compare(
        _ name: String, _ entry: Parameters, _ outputs: [String: Tensor], _ report: inout CaseReport, _ make: () throws -> TrainingSchedule
    ) throws {
        do {
            let values = try make().values
            guard entry["official_error"] == nil else { return report.fail("\(name): the reference refuses this, and we do not") }
            report.compare(try entry.text("output"), Tensor(values, [values.count], as: .f64), outputs[try entry.text("output")])
        } catch let error as TrainingScheduleError {
            report.check(entry["official_error"] != nil, "\(name): \(error)")
        }
    }

    private static func schedule(_ kind: String, _ arguments: Parameters) throws -> TrainingSchedule {
        let base = try arguments.number("base_value")
        let length = TrainingSchedule.Length(
            epochs: try arguments.integer("epochs"), stepsPerEpoch: try arguments.integer("niter_per_ep"))
        if kind == "constant" { return try .constant(base, length) }
        let (end, warmup) = (try arguments.number("final_value"), span("warmup", arguments))
        let start = (arguments["start_warmup_value"] as? NSNumber)?.doubleValue ?? 0
        if kind == "cosine" { return try .cosine(base: base, end: end, length, warmup: warmup, start: start) }
        return try .inverseSquareRoot(
            base: base, end: end, length, warmup: warmup, start: start, cooldown: span("cooldown", arguments),
            timescale: (arguments["timescale"] as? NSNumber)?.doubleValue ?? 10_000)
    }

    private static func span(_ name: String, _ arguments: Parameters) -> TrainingSchedule.Span {
        TrainingSchedule.Span(epochs: arguments["\(name)_epochs"] as? Int ?? 0, steps: arguments["\(name)_steps"] as? Int ?? -1)
    }

    private static func compareRun(
        _ name: String, _ entry: Parameters, _ outputs: [String: Tensor], _ report: inout CaseReport
    ) throws {
        let json = try entry.section("options")
        var options = RunSchedules.Options(
            baseLearningRate: try json.number("blr"), batch: try json.integer("batch"), epochs: try json.integer("epochs"),
            stepsPerEpoch: try json.integer("steps"))
        options.smallestBaseLearningRate = try json.number("min_blr")
        options.frozenBaseLearningRate = try json.number("frozen_blr")
        options.frozenEpochs = try json.integer("frozen_epochs")
        options.accumulation = try json.integer("accum")
        options.processes = try json.integer("world")
        options.warmup = span("warmup", json)
        let made = try RunSchedules(options)
        report.equal("\(name).total_batch", made.totalBatch, try entry.integer("total_batch"))
        let rates = [
            ("lr", made.learningRate), ("min_lr", made.smallestLearningRate), ("frozen_lr", made.frozenLearningRate),
        ]
        for (key, value) in rates {
            report.check(report.tolerance.accepts(value, try entry.number(key)), "\(name).\(key): \(value)")
        }
        try compare(name, entry, outputs, &report) { made.learningRates }
    }
}
