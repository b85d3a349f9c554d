import Formats
import FourMModels
import IR
import Training

/// The training step that a case of a DiVAE describes.
struct DiffusionStep {
    /// Inputs of the function.
    let batch: [String: Tensor]
    private let function: TrainedFunction
    private let started: [String: Tensor]

    init(_ golden: GoldenCase) throws {
        let inputs = try golden.inputs()
        let checkpoint = try Checkpoint.open(golden.file("model.safetensors").path)
        let tokenizer = try TrainedTokenizer(checkpoint)
        let objective = try DiffusionStep.objective(golden.parameters, checkpoint.config, inputs)
        let module = try objective.added(to: tokenizer.module, tokenizer.quantizer)
        function = TrainedFunction(
            module, name: DiffusionObjective.function,
            groups: [
                ParameterGroup(
                    parameters: TokenizerParameters.read(by: DiffusionObjective.function, module, freezesEncoder: objective.isEncoderFrozen)
                )
            ],
            buffers: objective.isEncoderFrozen ? [] : tokenizer.buffers)
        let rows = inputs.keys.filter { $0.hasPrefix("pick") }.sorted().compactMap { inputs[$0]?.integers }
        let picks = rows.map { CodebookPicks.given($0, codes: tokenizer.quantizer.size) }
        started = try DiffusionStep.started(tokenizer, inputs, picks.first)
        batch = try DiffusionStep.batch(tokenizer, inputs, picks.last)
    }

    func trainer() throws -> Trainer {
        let trainer = try Trainer(function)
        for (key, tensor) in started { try trainer.setBuffer(key, tensor) }
        return trainer
    }

    private static func objective(_ parameters: Parameters, _ config: Config, _ inputs: [String: Tensor]) throws -> DiffusionObjective {
        DiffusionObjective(
            target: try choice(parameters, "prediction_type"), try choice(parameters, "loss_fn"),
            codebookWeight: try parameters.number("codebook_weight"),
            isEncoderFrozen: try parameters["freeze_enc"] as? Bool ?? config.bool("freeze_enc", default: false),
            hidesCondition: mask(inputs) != nil, tellsOriginalSize: inputs["orig_res"] != nil, showsValues: true)
    }

    private static func choice<Choice: RawRepresentable & CaseIterable>(_ parameters: Parameters, _ key: String) throws -> Choice
    where Choice.RawValue == String {
        let name = try parameters.text(key)
        guard let choice = Choice(rawValue: name) else { throw ConformanceError("the case's \(key) '\(name)' is not known") }
        return choice
    }

    /// Where k-means starts the codebook, the rows that are picked first are its means.
    private static func started(_ tokenizer: TrainedTokenizer, _ inputs: [String: Tensor], _ picks: Tensor?) throws -> [String: Tensor] {
        guard tokenizer.needsStart else { return [:] }
        guard let picks else { throw ConformanceError("the case has no rows 'pick0', from which k-means starts") }
        return try tokenizer.started(from: inputs.needed("clean"), picks: picks)
    }

    private static func batch(_ tokenizer: TrainedTokenizer, _ inputs: [String: Tensor], _ picks: Tensor?) throws -> [String: Tensor] {
        var batch = ["clean": try inputs.needed("clean"), "noise": try inputs.needed("noise")]
        batch["timesteps"] = try inputs.needed("timesteps")
        if let sizes = inputs["orig_res"] { batch["orig_res"] = Tensor(sizes.doubles, sizes.shape, as: .f32) }
        if let mask = mask(inputs) { batch["cond_mask"] = try hidden(mask, tokenizer, inputs.needed("clean")) }
        if tokenizer.quantizer.takesPicks { batch["codebook.picks"] = picks ?? CodebookPicks.given([], codes: tokenizer.quantizer.size) }
        return batch
    }

    /// Which samples lose their condition, or which of their tokens.
    private static func mask(_ inputs: [String: Tensor]) -> Tensor? { inputs["cfg_mask"] ?? inputs["cond_mask"] }

    /// bool `[batch, rows, columns]`
    private static func hidden(_ mask: Tensor, _ tokenizer: TrainedTokenizer, _ picture: Tensor) throws -> Tensor {
        guard let (rows, columns) = tokenizer.grid(of: picture), let batch = picture.shape.first else {
            throw ConformanceError("'clean' is \(picture.type), no batch of pictures")
        }
        let repeats = mask.count == batch ? rows * columns : 1
        let flags = mask.integers.flatMap { [Bool](repeating: $0 != 0, count: repeats) }
        guard flags.count == batch * rows * columns else { throw ConformanceError("the condition's mask is \(mask.type)") }
        return Tensor(bools: flags, [batch, rows, columns])
    }
}
