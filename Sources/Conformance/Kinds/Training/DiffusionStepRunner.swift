import FourMModels
import IR

/// One training step of a DiVAE: noise, losses, gradients, and the codebook after the pass.
enum DiffusionStepRunner: CaseRunner {
    static let kinds = ["divae-step"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let outputs = try golden.outputs()
        let step = try DiffusionStep(golden)
        let trainer = try step.trainer()
        let gradients = try trainer.gradients(step.batch)
        // What a batch makes of the buffers is the same at any learning rate.
        let outcome = try trainer.step(step.batch, learningRate: 0, weightDecay: 0)
        var found = outcome.results
        for (key, name) in ["reconst_loss": "loss.reconstruction", "code_loss": "loss.code"] { found[key] = found[name] }
        for (key, tensor) in trainer.buffers { found["codebook." + key.replacing(CodebookKey.prefix, with: "")] = tensor }
        for (key, expected) in outputs where !key.hasPrefix("grad") {
            report.compare(key, found[key]?.reshaped(expected.shape), expected, absolute: golden.absolute(key))
        }
        let comparison = GradientComparison(gradients: gradients, norm: outcome.gradientNorm, golden: golden)
        comparison.compare(outputs, &report)
        try comparison.requireNone(golden.parameters["parameters_without_gradient"] as? [String] ?? [], &report)
        report.requireAll(outputs)
    }
}
