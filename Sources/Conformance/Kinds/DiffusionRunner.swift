import Foundation
import FourM
import IR

/// DiVAE tokenizers: encoding, single evaluations of the denoiser, and complete samplings with given noise.
enum DiffusionRunner: CaseRunner {
    static let kinds = ["tokenizer_divae"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let divae = DiffusionCase(model: try TokenizerModel(golden.plan()), inputs: try golden.inputs(), outputs: try golden.outputs())
        try divae.encode(&report)
        for call in try golden.parameters.sections("calls") { try divae.evaluate(call, &report) }
        for run in golden.parameters["runs"] as? [Parameters] ?? [] {
            let name = "run\(try run.integer("index"))"
            if run["official_error"] != nil {
                divae.checkRefused(run, name, &report)
            } else {
                try divae.sample(run, name, mayFail: golden.nonFiniteOutputs.contains(name), &report)
            }
        }
        report.requireAll(divae.outputs)
    }
}

private struct DiffusionCase {
    let model: TokenizerModel
    let inputs: [String: Tensor]
    let outputs: [String: Tensor]

    func encode(_ report: inout CaseReport) throws {
        let found = try model.session.tokenize(inputs.needed("in0"))
        for key in ["tokens", "latents", "quant"] { report.compare("in0.\(key)", found[key], outputs["in0.\(key)"]) }
        let condition = try model.session.run("embed_codes", ["tokens": found.needed("tokens")])
        report.compare("in0.quant from tokens", condition["cond"], outputs["in0.quant"])
    }

    func evaluate(_ call: Parameters, _ report: inout CaseReport) throws {
        let name = "call\(try call.integer("index"))"
        let (x, condition, mask) = (try inputs.needed("\(name).x"), try inputs.needed("\(name).cond"), inputs["\(name).cond_mask"])
        let prediction: Tensor?
        if let steps = call["timestep"] as? [NSNumber] {
            var tensors = ["x": x, "timestep": Tensor(steps.map(\.floatValue), [steps.count]), "cond": condition]
            tensors["cond_mask"] = mask
            prediction = try model.session.run(mask == nil ? "denoise" : "denoise_masked", tensors)["prediction"]
        } else {
            prediction = try model.denoise(x, timestep: call.integer("timestep"), cond: condition, mask: mask)
        }
        report.compare(name, prediction, outputs[name])
    }

    /// - Parameter mayFail: the reference's result is not finite; a typed error is as good.
    func sample(_ run: Parameters, _ name: String, mayFail: Bool, _ report: inout CaseReport) throws {
        do {
            let image = try sampled(run, name, &report)
            report.compare(name, image, outputs[name], absolute: (run["atol"] as? NSNumber)?.doubleValue)
        } catch let error as SchedulerError where mayFail {
            report.accept(name, because: !error.description.isEmpty, "\(name): the error says nothing")
        }
    }

    /// The reference refuses these parameters; either we do so with a typed error, or they work.
    func checkRefused(_ run: Parameters, _ name: String, _ report: inout CaseReport) {
        do {
            let image = try sampled(run, name, &report)
            report.check(image.doubles.allSatisfy(\.isFinite), "\(name): the result is not finite, and nothing was reported")
        } catch let error as SchedulerError {
            report.check(!error.description.isEmpty, "\(name): the error says nothing")
        } catch {
            report.fail("\(name): \(error)")
        }
    }

    private func sampled(_ run: Parameters, _ name: String, _ report: inout CaseReport) throws -> Tensor {
        guard let kind = SchedulerKind(rawValue: try run.text("scheduler")), let mode = TimestepMode(rawValue: try run.text("mode"))
        else { throw ConformanceError("\(name): unknown scheduler or mode") }
        let configuration = try SchedulerConfiguration(kind: kind, keywords: run.section("kwargs"))
        var options = TokenizerModel.DiffusionOptions()
        (options.steps, options.scheduler, options.mode) = (try run.integer("n"), kind, mode)
        if let expected = run["timesteps"] as? [Int] {
            var scheduler = try configuration.makeScheduler(kind)
            let timesteps = try scheduler.timesteps(count: options.steps, mode: mode)
            report.check(timesteps == expected, "\(name): timesteps are \(timesteps)")
        }
        let noise = try inputs.needed("\(name).noise")
        let stepNoise = inputs["\(name).step_noise"]?.floats ?? []
        return try model.sample(
            noise, cond: inputs["\(name).cond"] ?? outputs.needed("in0.quant"), mask: inputs["\(name).cond_mask"], options: options,
            configuration: configuration
        ) { step in
            let range = step * noise.count..<(step + 1) * noise.count
            guard range.upperBound <= stepNoise.count else { throw ConformanceError("\(name): no noise for step \(step)") }
            return Array(stepNoise[range])
        }
    }
}
