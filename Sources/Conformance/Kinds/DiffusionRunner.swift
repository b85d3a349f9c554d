import Foundation
import FourM
import IR
import Runtime

/// DiVAE tokenizers: encoding, single evaluations of the denoiser, and complete samplings with given noise.
enum DiffusionRunner: CaseRunner {
    static let kinds = ["tokenizer_divae"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let case_ = DiffusionCase(session: Session(try golden.plan()), inputs: try golden.inputs(), outputs: try golden.outputs())
        try case_.encode(&report)
        for call in try golden.parameters.sections("calls") { try case_.evaluate(call, &report) }
        for run in golden.parameters["runs"] as? [Parameters] ?? [] {
            let name = "run\(try run.integer("index"))"
            if run["official_error"] != nil {
                case_.checkRefused(run, name, &report)
            } else {
                try case_.sample(run, name, mayFail: golden.nonFiniteOutputs.contains(name), &report)
            }
        }
        report.requireAll(case_.outputs)
    }
}

private struct DiffusionCase {
    let session: Session
    let inputs: [String: Tensor]
    let outputs: [String: Tensor]

    func encode(_ report: inout CaseReport) throws {
        let found = try session.tokenize(inputs.needed("in0"))
        for key in ["tokens", "latents", "quant"] { report.compare("in0.\(key)", found[key], outputs["in0.\(key)"]) }
        let condition = try session.run("embed_codes", ["tokens": found.needed("tokens")])
        report.compare("in0.quant from tokens", condition["cond"], outputs["in0.quant"])
    }

    func evaluate(_ call: Parameters, _ report: inout CaseReport) throws {
        let name = "call\(try call.integer("index"))"
        let x = try inputs.needed("\(name).x")
        let steps = try (call["timestep"] as? [NSNumber])?.map(\.floatValue)
            ?? [Float](repeating: Float(call.integer("timestep")), count: x.shape.first ?? 0)
        let prediction = try denoise(x, steps, inputs.needed("\(name).cond"), mask: inputs["\(name).cond_mask"])
        report.compare(name, prediction, outputs[name])
    }

    private func denoise(_ x: Tensor, _ timesteps: [Float], _ condition: Tensor, mask: Tensor?) throws -> Tensor {
        var tensors = ["x": x, "timestep": Tensor(timesteps, [timesteps.count]), "cond": condition]
        tensors["cond_mask"] = mask
        return try session.run(mask == nil ? "denoise" : "denoise_masked", tensors).needed("prediction")
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
        var scheduler = try SchedulerConfiguration(kind: kind, keywords: run.section("kwargs")).makeScheduler(kind)
        let timesteps = try scheduler.timesteps(count: run.integer("n"), mode: mode)
        if let expected = run["timesteps"] as? [Int] { report.check(timesteps == expected, "\(name): timesteps are \(timesteps)") }
        let noise = try inputs.needed("\(name).noise")
        let condition = try inputs["\(name).cond"] ?? outputs.needed("in0.quant")
        let stepNoise = inputs["\(name).step_noise"]?.floats
        let (batch, size) = (noise.shape.first ?? 0, noise.count)
        var x = noise.floats
        for (index, timestep) in timesteps.enumerated() {
            let steps = [Float](repeating: Float(timestep), count: batch)
            let prediction = try denoise(Tensor(x, noise.shape), steps, condition, mask: inputs["\(name).cond_mask"])
            let given = stepNoise.flatMap { $0.count >= (index + 1) * size ? Array($0[index * size..<(index + 1) * size]) : nil }
            try scheduler.step(
                modelOutput: prediction.floats, timestep: timestep, sample: &x, batch: batch,
                noise: scheduler.needsNoise(at: timestep) ? given : nil)
        }
        return Tensor(x, noise.shape)
    }
}
