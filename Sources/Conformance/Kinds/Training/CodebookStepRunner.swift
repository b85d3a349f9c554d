import FourMModels
import IR
import Training

/// Steps of a VQ-VAE's training: losses, gradients, codebooks, final weights and their averages.
enum CodebookStepRunner: CaseRunner {
    static let kinds = ["vqvae-step"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let (steps, outputs) = (try CodebookSteps(golden), try golden.outputs())
        let values = try steps.values()
        let gradients = try steps.trainer.gradients(steps.batch(0))
        for step in 0..<(try golden.parameters.integer("steps")) {
            let outcome = try steps.trainer.step(steps.batch(step), learningRate: steps.learningRate, weightDecay: steps.weightDecay)
            var found = CodebookStepRunner.named(outcome, steps.buffers)
            if step == 0 { for key in ["latents", "decoded"] { found[key] = values[key] } }
            compare(found, "step\(step).", golden, outputs, &report)
        }
        let comparison = GradientComparison(gradients: gradients, norm: nil, golden: golden)
        comparison.compare(outputs.filter { !$0.key.hasSuffix(".grad_norm") }, prefix: "step0.", &report)
        try comparison.requireNone(golden.parameters["parameters_without_gradient"] as? [String] ?? [], &report)
        try compareEnd(steps, golden, outputs, &report)
        report.requireAll(outputs)
    }

    /// What a case names of a step.
    private static func named(_ outcome: StepOutcome, _ buffers: [String: Tensor]) -> [String: Tensor] {
        let results = outcome.results
        var found = ["loss": results["loss"], "reconst_loss": results["loss.reconstruction"], "code_loss": results["loss.code"]]
            .compactMapValues(\.self)
        found["tokens"] = results["tokens"]
        found["grad_norm"] = outcome.gradientNorm.map { Tensor([$0], [1], as: .f32) }
        for (key, tensor) in buffers { found["codebook." + key.replacing(CodebookKey.prefix, with: "")] = tensor }
        return found
    }

    private static func compare(
        _ found: [String: Tensor], _ prefix: String, _ golden: GoldenCase, _ outputs: [String: Tensor], _ report: inout CaseReport
    ) {
        for (key, expected) in outputs where key.hasPrefix(prefix) && !key.hasPrefix(prefix + "grad.") {
            let name = String(key.dropFirst(prefix.count))
            guard !name.hasPrefix("grad_norm."), !name.hasPrefix("grad_sample.") else { continue }
            report.compare(key, found[name]?.reshaped(expected.shape), expected, absolute: golden.absolute(key))
        }
    }

    /// Final weights, and the moving averages of weights and buffers.
    private static func compareEnd(
        _ steps: CodebookSteps, _ golden: GoldenCase, _ outputs: [String: Tensor], _ report: inout CaseReport
    ) throws {
        let trainer = steps.trainer
        let still = steps.tokenizer.module.constants.compactMapValues(\.tensor)
        let final = still.merging(trainer.parameters) { $1 }.merging(trainer.buffers) { $1 }
        let averages = still.merging(trainer.averages) { $1 }
        let undetermined = UndeterminedElements(golden, learningRates: steps.learningRate * Double(try golden.parameters.integer("steps")))
        for (prefix, tensors) in [("final.", final), ("ema.", averages)] {
            for (key, expected) in outputs where key.hasPrefix(prefix) {
                let name = String(key.dropFirst(prefix.count))
                let found = undetermined.settled(name, tensors[name]?.reshaped(expected.shape), expected, &report)
                report.compare(key, found, expected, absolute: golden.absolute(key))
            }
        }
    }
}
