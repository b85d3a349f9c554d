import Formats
import FourMModels
import IR
import Importers
import Training

/// One training step of a DiVAE: noise, losses, gradients, and the codebook after the pass.
enum DiffusionStepRunner: CaseRunner {
    static let kinds = ["divae-step"]

    static func run(_ golden: GoldenCase, _ report: inout CaseReport) throws {
        let outputs = try golden.outputs()
        let step = try DiffusionStep(golden)
        let trainer = try Trainer(step.function)
        let gradients = try trainer.gradients(step.inputs())
        // Buffers are what a batch leaves behind, at any learning rate.
        let outcome = try trainer.step(step.inputs(), learningRate: 0, weightDecay: 0)
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

/// The function of a case, and its only batch.
private struct DiffusionStep {
    let golden: GoldenCase
    let function: TrainedFunction
    private let given: [String: Tensor]
    private let grid: [Int]
    private let codes: Int
    private let takesPicks: Bool

    init(_ golden: GoldenCase) throws {
        (self.golden, given) = (golden, try golden.inputs())
        let checkpoint = try Checkpoint.open(golden.file("model.safetensors").path)
        var module = try FourMImporter.importModel(checkpoint)
        for key in CodebookKey.allCases {
            if let constant = checkpoint.tensors[key.key] { module.setConstant(constant) }
        }
        let (config, parameters) = (checkpoint.config, golden.parameters)
        let quantizer = try QuantizerSettings(config)
        let isFrozen = try parameters["freeze_enc"] as? Bool ?? config.bool("freeze_enc", default: false)
        let objective = DiffusionObjective(
            target: try DiffusionStep.choice(parameters, "prediction_type"), try DiffusionStep.choice(parameters, "loss_fn"),
            codebookWeight: try parameters.number("codebook_weight"), isEncoderFrozen: isFrozen, hidesCondition: DiffusionStep.mask(given) != nil,
            tellsOriginalSize: given["orig_res"] != nil, showsValues: true)
        let made = try objective.added(to: module, quantizer)
        let read = made.function(DiffusionObjective.function).map { made.reachable(from: [$0.name]) } ?? []
        let used = read.reduce(into: Set<String>()) { $0.formUnion(made.function($1)?.usedConstants ?? []) }
        let parts = TokenizerParameters.trained(made, freezesEncoder: isFrozen).filter(used.contains)
        function = TrainedFunction(
            made, name: DiffusionObjective.function, groups: [ParameterGroup(parameters: parts)],
            buffers: isFrozen ? [] : CodebookKey.buffers(quantizer).map(\.key))
        (codes, takesPicks) = (quantizer.size, quantizer.takesPicks && !isFrozen)
        let patch = module.metadata.pair(.patchSize) ?? (1, 1)
        let shape = try given.needed("clean").shape
        guard shape.count == 4 else { throw ConformanceError("\(golden.folder.path): 'clean' is no batch of pictures") }
        grid = [shape[0], shape[2] / max(patch.0, 1), shape[3] / max(patch.1, 1)]
    }

    func inputs() throws -> [String: Tensor] {
        var inputs = ["clean": try given.needed("clean"), "noise": try given.needed("noise"), "timesteps": try given.needed("timesteps")]
        if let sizes = given["orig_res"] { inputs["orig_res"] = Tensor(sizes.doubles, sizes.shape, as: .f32) }
        if let mask = DiffusionStep.mask(given) { inputs["cond_mask"] = hidden(mask) }
        if takesPicks {
            let picks = (0..<codes).flatMap { given["pick\($0)"]?.integers ?? [] }
            inputs["codebook.picks"] = CodebookPicks.given(picks, codes: codes)
        }
        return inputs
    }

    /// Samples, or tokens, whose condition is hidden.
    private static func mask(_ given: [String: Tensor]) -> Tensor? { given["cfg_mask"] ?? given["cond_mask"] }

    private func hidden(_ mask: Tensor) -> Tensor {
        guard mask.count == grid[0] else { return mask.reshaped(grid) ?? mask }
        return Tensor(bools: mask.integers.flatMap { [Bool](repeating: $0 != 0, count: grid[1] * grid[2]) }, grid)
    }

    private static func choice<Choice: RawRepresentable & CaseIterable>(_ parameters: Parameters, _ key: String) throws -> Choice
    where Choice.RawValue == String {
        let name = try parameters.text(key)
        guard let choice = Choice(rawValue: name) else { throw ConformanceError("the case's \(key) '\(name)' is not known") }
        return choice
    }
}
