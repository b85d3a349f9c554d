import Formats
import FourMModels
import IR
import Runtime
import Training

/// The training that a case of a VQ-VAE describes.
struct CodebookSteps {
    let trainer: Trainer
    let tokenizer: TrainedTokenizer
    let learningRate: Double
    let weightDecay: Double
    private let loss: VQVAELoss
    private let inputs: [String: Tensor]
    /// What k-means has made of the codebook's buffers, by key.
    private let started: [String: Tensor]

    init(_ golden: GoldenCase) throws {
        inputs = try golden.inputs()
        tokenizer = try TrainedTokenizer(Checkpoint.open(golden.file("model.safetensors").path))
        let (training, optimizer) = (try golden.parameters.section("training"), try golden.parameters.section("optimizer"))
        loss = VQVAELoss(
            try CodebookSteps.reconstruction(training), codebookWeight: try training.number("codebook_weight"),
            isEncoderFrozen: training["freeze_enc"] as? Bool ?? false)
        (learningRate, weightDecay) = (try training.number("lr"), try optimizer.number("weight_decay"))
        let function = TrainedFunction(
            try loss.added(to: tokenizer.module, tokenizer.quantizer), name: VQVAELoss.function, groups: try CodebookSteps.groups(golden),
            buffers: loss.isEncoderFrozen ? [] : tokenizer.buffers)
        trainer = try Trainer(function, try CodebookSteps.settings(training, optimizer))
        started = try CodebookSteps.started(tokenizer, inputs)
        for (key, tensor) in started where !loss.isEncoderFrozen { try trainer.setBuffer(key, tensor) }
    }

    private static func reconstruction(_ training: Parameters) throws -> ReconstructionLoss {
        let name = try training.text("loss_fn")
        guard let known = ReconstructionLoss(rawValue: name) else { throw ConformanceError("the loss '\(name)' is not known") }
        return known
    }

    private static func groups(_ golden: GoldenCase) throws -> [ParameterGroup] {
        try golden.parameters.sections("parameter_groups").map { group in
            ParameterGroup(
                weightDecay: try group.number("weight_decay"), learningRateScale: try group.number("lr_scale"),
                parameters: try group.texts("params"))
        }
    }

    private static func settings(_ training: Parameters, _ optimizer: Parameters) throws -> TrainerSettings {
        let (betas, average) = (try optimizer.numbers("betas"), try? training.number("model_ema_decay"))
        guard let first = betas.first, let second = betas.last, betas.count == 2 else { throw ConformanceError("AdamW has two betas") }
        return TrainerSettings(
            algorithm: .adamW(beta1: first, beta2: second, epsilon: try optimizer.number("eps")),
            clipNorm: try? training.number("clip_grad"),
            skipNorm: try? training.number("skip_grad"), averageDecay: average == 0 ? nil : average)
    }

    private static func started(_ tokenizer: TrainedTokenizer, _ inputs: [String: Tensor]) throws -> [String: Tensor] {
        guard tokenizer.needsStart else { return [:] }
        let picks = CodebookPicks.given(try inputs.needed("step0.pick0").integers, codes: tokenizer.quantizer.size)
        return try tokenizer.started(from: inputs.needed("step0.input"), picks: picks)
    }

    /// The codebook's, by key; those of a frozen encoder stay as they are.
    var buffers: [String: Tensor] {
        let still = tokenizer.buffers.compactMap { key in tokenizer.module.constants[key]?.tensor.map { (key, $0) } }
        return Dictionary(still, uniquingKeysWith: { $1 }).merging(started) { $1 }.merging(trainer.buffers) { $1 }
    }

    /// Inputs of the function at a step.
    func batch(_ step: Int) throws -> [String: Tensor] {
        let input = try inputs.needed("step\(step).input")
        if loss.isEncoderFrozen { return [tokenizer.inputName: input] }
        // Where k-means starts the codebook, the first that is picked are its means.
        let first = step == 0 && tokenizer.needsStart ? 1 : 0
        let rows = inputs["step\(step).pick\(first)"]?.integers ?? []
        return tokenizer.inputs(input, picks: CodebookPicks.given(rows, codes: tokenizer.quantizer.size))
    }

    /// `latents` and `decoded` of the first step.
    func values() throws -> [String: Tensor] {
        var shown = loss
        shown.showsValues = true
        var module = try shown.added(to: tokenizer.module, tokenizer.quantizer).keeping(functions: [VQVAELoss.function])
        for (key, tensor) in started { module.setConstant(Constant(key: key, tensor)) }
        return try Session(ReadModel.imported(module).plan(precision: .f32)).run(VQVAELoss.function, batch(0))
    }
}
