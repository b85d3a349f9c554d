import FourMModels
import FourMTraining
import IR
import Training

/// Loss and gradients of low-rank adapters, and weights with adapters merged.
enum AdapterRunner: CaseRunner {
    static let kinds = ["lora-step"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let (loss, outputs, parameters) = (try LossCase(golden), try golden.outputs(), golden.parameters)
        guard let target = AdapterTarget(try parameters.text("target")) else {
            throw ConformanceError("\(golden.folder.path): the target '\(try parameters.text("target"))' is not known")
        }
        let adapters = try Adapters(
            target, of: loss.module, rank: parameters.integer("rank"), scale: parameters.number("scale"))
        report.check(
            adapters.ranks.keys.sorted() == (try parameters.texts("wrapped_layers")).sorted(),
            "adapters belong to the layers \(adapters.ranks.keys.sorted())")
        report.check(
            adapters.parameters.sorted() == (try parameters.texts("trainable")).sorted(), "trainable are \(adapters.parameters)")
        let weights = Dictionary(
            try golden.inputs().filter { $0.key.hasPrefix("adapter.") }.map { (String($0.key.dropFirst("adapter.".count)), $0.value) }
        ) { $1 }
        let set = try loss.set()
        let batch = try loss.inputs(set, parameters.text("loss_type"))
        let modelling = try loss.modelling(set, try adapters.added(to: loss.module, weights: weights))
        let trainer = try Trainer(modelling.trained([ParameterGroup(parameters: adapters.parameters)]))
        let results = try trainer.gradients(batch)
        let merged = try adapters.merged(into: loss.module, weights)
        for (key, expected) in outputs where !key.hasPrefix("fused.") {
            report.compare(key, results[key]?.reshaped(expected.shape), expected, absolute: golden.tolerance(of: key))
        }
        report.check(
            Set(results.keys.filter { $0.hasPrefix("grad.") }) == Set(adapters.parameters.map { "grad." + $0 }),
            "others than adapters have gradients")
        for (key, expected) in outputs where key.hasPrefix("fused.") && key != "fused.loss" {
            report.compare(
                key, merged.constants[String(key.dropFirst("fused.".count))]?.tensor, expected, absolute: golden.tolerance(of: key))
        }
        let whole = try loss.modelling(set, merged)
        let fused = try Trainer(whole.trained([ParameterGroup(parameters: whole.parameters)])).gradients(batch)
        if let expected = outputs["fused.loss"] {
            report.compare("fused.loss", fused["loss"]?.reshaped(expected.shape), expected, absolute: golden.tolerance(of: "fused.loss"))
        }
        report.requireAll(outputs)
    }
}
