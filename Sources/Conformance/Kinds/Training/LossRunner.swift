import FourMModels
import IR
import Training

/// Losses of masked modelling and their gradients.
enum LossRunner: CaseRunner {
    static let kinds = ["fm-loss"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let (loss, outputs, parameters) = (try LossCase(golden), try golden.outputs(), golden.parameters)
        let set = try loss.set()
        let modelling = try loss.modelling(set)
        let trainer = try Trainer(modelling.trained([ParameterGroup(parameters: modelling.parameters)]))
        let tolerances = golden.json["tolerance_per_key"] as? Parameters ?? [:]
        try loss.compareSelection(set, outputs, &report)
        for name in try parameters.texts("loss_types") {
            let batch = try loss.inputs(set, name)
            report.compare("decoder.attention_mask", batch["decoder.mask"], outputs["decoder.attention_mask"])
            let results = try trainer.gradients(batch)
            for (key, expected) in outputs where key.hasPrefix(name + ".") {
                let found = results[String(key.dropFirst(name.count + 1))]
                report.compare(key, found?.reshaped(expected.shape), expected, absolute: try? tolerances.number(key))
            }
            let absent = Set(modelling.parameters).subtracting(trainer.differentiated).union(modelling.absent(batch))
            for parameter in try parameters.section("parameters_without_gradient").texts(name) {
                report.check(absent.contains(parameter), "\(name).grad.\(parameter): has a gradient, and should have none")
            }
            for parameter in try parameters.section("parameters_with_zero_gradient").texts(name) {
                let isZero = results["grad." + parameter]?.floats.allSatisfy { $0 == 0 } ?? false
                report.check(isZero && !absent.contains(parameter), "\(name).grad.\(parameter): should be zeros")
            }
        }
        report.requireAll(outputs)
    }
}
