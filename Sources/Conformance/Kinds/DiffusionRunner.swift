import Foundation
import FourMModels
import FourMSampling
import IR
import Importers

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
        let condition = try model.session.run(FourMFunction.embedCodes, ["tokens": found.needed("tokens")])
        report.compare("in0.quant from tokens", condition["cond"], outputs["in0.quant"])
    }

    func evaluate(_ call: Parameters, _ report: inout CaseReport) throws {
        let name = "call\(try call.integer("index"))"
        let x = try inputs.needed("\(name).x")
        let condition = try condition(call, name, embedding: inputs.needed("\(name).cond"), batch: x.shape[0])
        let given = (call["timestep"] as? [NSNumber])?.map(\.floatValue)
        let timesteps = try given ?? [Float](repeating: Float(call.integer("timestep")), count: x.shape[0])
        report.compare(name, try model.denoise(x, timesteps: timesteps, condition), outputs[name])
    }

    /// `orig_res` is [height, width], or one such pair for each row; decoders that do not know of it are not told.
    private func condition(_ facts: Parameters, _ name: String, embedding: Tensor, batch: Int) throws -> DiffusionCondition {
        var condition = DiffusionCondition(embedding, mask: inputs["\(name).cond_mask"])
        guard model.has(FourMFunction.denoise(sized: true)), let given = facts["orig_res"] as? [Any] else { return condition }
        let one = (given as? [NSNumber]).map { $0.map(\.floatValue) }
        let rows = one.map { [[Float]](repeating: $0, count: batch) } ?? (given as? [[NSNumber]])?.map { $0.map(\.floatValue) }
        guard let rows, rows.count == batch, rows.allSatisfy({ $0.count == 2 }) else {
            throw ConformanceError("\(name): orig_res is no pair of sides, nor one for each row")
        }
        condition.originalSize = Tensor(rows.flatMap { $0 }, [batch, 2])
        return condition
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
        var options = DiffusionOptions()
        (options.steps, options.scheduler, options.mode) = (try run.integer("n"), kind, mode)
        if let scale = (run["guidance_scale"] as? NSNumber)?.doubleValue {
            let rescale = (run["guidance_rescale"] as? NSNumber)?.doubleValue ?? 0
            options.guidance = DiffusionGuidance(scale: scale, rescale: rescale, baseline: .originalSize)
        }
        if let expected = run["timesteps"] as? [Int] {
            var scheduler = try configuration.makeScheduler(kind)
            let timesteps = try scheduler.timesteps(count: options.steps, mode: mode)
            report.check(timesteps == expected, "\(name): timesteps are \(timesteps)")
        }
        let noise = try inputs.needed("\(name).noise")
        let stepNoise = inputs["\(name).step_noise"]?.floats ?? []
        let embedding = try inputs["\(name).cond"] ?? outputs.needed("in0.quant")
        let condition = try condition(run, name, embedding: embedding, batch: noise.shape[0])
        return try model.sample(noise, condition, options: options, configuration: configuration) { step in
            let range = step * noise.count..<(step + 1) * noise.count
            guard range.upperBound <= stepNoise.count else { throw ConformanceError("\(name): no noise for step \(step)") }
            return Array(stepNoise[range])
        }
    }
}
