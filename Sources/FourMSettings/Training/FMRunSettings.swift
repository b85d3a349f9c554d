import Names

/// A training of a 4M model, as a model file of ml-4m tells it (`cfgs/default/4m/models/**`).
///
/// Missing keys have the values of `run_training_4m.py`.
package struct FMRunSettings: Sendable, Hashable {
    /// How the losses of modalities make one.
    package enum Loss: String, Sendable, Hashable, CaseIterable { case mod, token }

    /// Learning rates over the run.
    package enum Scheduler: Sendable, Hashable {
        case cosine
        case inverseSquareRoot(timescale: Double)
    }

    /// A part of a run, in one of three units; those that count come first: steps, epochs, tokens.
    package struct Part: Sendable, Hashable {
        package var epochs: Int
        package var steps = -1
        /// In billions.
        package var tokens = -1.0
    }

    /// Low-rank adapters in place of the layers themselves.
    package struct LoRA: Sendable, Hashable {
        package var rank: Int
        package var scale: Double
        /// Of `lora_utils.py`: `attn`, `self_attn`, `cross_attn`, `mlp` or `all`.
        package var target: String
    }

    package enum Optimizer: String, Sendable, Hashable, CaseIterable { case adamw, adam, sgd, nesterov, momentum }

    package var runName: String?
    package var outputFolder: String?
    package var dataFile: String
    package var textTokenizer: String?
    /// Of a checkpoint to start from.
    package var startsFrom: String?
    /// A bundle whose tokenizers show samples.
    package var bundle: String?
    package var seed: UInt64 = 0

    package var modelName: String
    package var architecture: ModelArchitecture
    package var imageSize, patchSize: Int
    package var modalityOverrides: [String: ModalityOverride] = [:]
    package var dtype: String

    package var inputTokens, targetTokens: ClosedRange<Int>
    package var loss: Loss
    package var batch, accumulation: Int
    /// Samples of an epoch.
    package var epochSize: Int
    /// Below 0: ``totalTokens`` tells.
    package var epochs: Int
    /// In billions.
    package var totalTokens: Double

    package var optimizer: Optimizer
    package var epsilon: Double
    package var betas: [Double]
    package var momentum: Double
    package var clipNorm, skipNorm: Double?
    package var weightDecay: Double
    package var weightDecayEnd, decoderDecay, layerDecay: Double?
    package var baseRate, smallestBaseRate, frozenBaseRate: Double
    package var scheduler: Scheduler
    package var warmup, cooldown, frozen: Part
    /// Modalities whose embeddings stay as they are while the rest is frozen, as the reference does it.
    package var frozenDomains: [String]?
    /// Patterns of what is trained, and of what is not; nil: everything, nothing.
    package var trains, freezes: [String]?
    /// nil: none. With them, they learn alone, but for what ``trains`` names.
    package var lora: LoRA?

    /// In epochs.
    package var evaluationEvery, checkpointEvery: Int
    package var hasFixedEvaluation: Bool
    package var fixedInputTokens, fixedTargetTokens: Int
    /// Most samples of an evaluation set; nil: all.
    package var evaluationSamples: Int?
    /// Keys of the file of which nothing comes here, with the reason.
    package var passedOver: [(key: String, why: String)] { passed.map { ($0, FMRunKeys.passedOver[$0] ?? "") } }
    private var passed: [String]

    /// Whether the shape of the model is that of the checkpoint that it starts from (`model: checkpoint`).
    package var takesArchitecture: Bool { modelName == FMRunSettings.checkpointName }

    private static let checkpointName = "checkpoint"

    /// Puts the name of the run in place of `auto` in its output, as `fourm/utils/run_name.py` does; one that is `auto` itself is that of the file.
    package mutating func nameOutput(_ file: String) {
        let stem = file.split(separator: "/").last.map { $0.split(separator: ".").first.map(String.init) ?? String($0) } ?? "run"
        let name = runName.flatMap { $0 == "auto" ? nil : $0 } ?? stem
        outputFolder = outputFolder?.replacing("auto", with: name)
    }
}

extension FMRunSettings {
    /// - Parameter assignments: of `--set`: `KEY=VALUE`.
    /// - Throws: `SettingsError` naming file, line and key.
    package init(yaml text: String, file: String, setting assignments: [String] = []) throws(SettingsError) {
        var section = try SettingsSection(yaml: text, file: file)
        for assignment in assignments { try section.set(assignment) }
        try self.init(section)
    }

    package init(_ section: SettingsSection) throws(SettingsError) {
        for key in section.keys {
            guard let why = FMRunKeys.refused[key],
                section[key].map({ $0.content != .text("") && $0.shown.lowercased() != "false" }) == true
            else { continue }
            throw section.fault(key, allowed: "followed; " + why)
        }
        try section.check(known: FMRunKeys.known)
        passed = section.keys.filter { FMRunKeys.passedOver[$0] != nil }.sorted()
        runName = try section.text("run_name")
        outputFolder = try section.text("output_dir")
        dataFile = try section.required("data_config", try section.text("data_config"), why: "it names the file of the data sets")
        let tokenizer = try section.text("tokenizer_path")
        textTokenizer = try section.text("text_tokenizer_path") ?? tokenizer
        startsFrom = try section.text("finetune").flatMap { $0.isEmpty ? nil : $0 }
        bundle = try section.text("bundle")
        seed = UInt64(try section.integer("seed", in: 0...Int.max) ?? 0)
        (modelName, architecture) = try FMRunSettings.model(section)
        imageSize = try section.integer("input_size", in: 1...1 << 14) ?? 224
        patchSize = try section.integer("patch_size", in: 1...1 << 10) ?? 16
        dtype = try FMRunSettings.dtype(section)
        let input = try section.integer("num_input_tokens", in: 1...1 << 20) ?? 128
        let target = try section.integer("num_target_tokens", in: 1...1 << 20) ?? 128
        inputTokens = (try section.integer("min_input_tokens", in: 0...input) ?? input)...input
        targetTokens = (try section.integer("min_target_tokens", in: 0...target) ?? target)...target
        loss = try section.choice("loss_type", of: Loss.allCases.map(\.rawValue)).flatMap(Loss.init(rawValue:)) ?? .mod
        batch = try section.integer("batch_size", in: 1...1 << 20) ?? 256
        accumulation = try section.integer("accum_iter", in: 1...1 << 20) ?? 1
        epochSize = try section.required(
            "epoch_size", try section.integer("epoch_size", in: 1...Int.max), why: "it is the number of samples of an epoch")
        epochs = try section.integer("epochs", in: -1 << 30...1 << 30) ?? 100
        totalTokens = try section.number("total_tokens", in: -1...1e9) ?? -1
        optimizer = try FMRunSettings.optimizer(section)
        epsilon = try section.number("opt_eps", in: 0...1) ?? 1e-8
        betas = try section.numbers("opt_betas", count: 2, in: 0...0.999999999) ?? [0.9, 0.95]
        momentum = try section.number("momentum", in: 0...1) ?? 0.9
        clipNorm = try section.number("clip_grad", in: 0...Double.greatestFiniteMagnitude)
        skipNorm = try section.number("skip_grad", in: 0...Double.greatestFiniteMagnitude)
        weightDecay = try section.number("weight_decay", in: 0...1e6) ?? 0.05
        weightDecayEnd = try section.number("weight_decay_end", in: 0...1e6)
        decoderDecay = try section.number("decoder_decay", in: 0...1e6)
        layerDecay = try section.number("layer_decay", in: 0...1)
        baseRate = try section.number("blr", in: 0...1e6) ?? 1e-4
        smallestBaseRate = try section.number("min_blr", in: 0...1e6) ?? 0
        frozenBaseRate = try section.number("frozen_model_blr", in: -1e6...1e6) ?? -1
        scheduler = try FMRunSettings.scheduler(section)
        warmup = try FMRunSettings.part(section, "warmup", epochs: 10)
        cooldown = try FMRunSettings.part(section, "cooldown", epochs: 10)
        frozen = Part(
            epochs: try section.integer("frozen_model_epochs", in: -1...1 << 30) ?? 0,
            tokens: try section.number("frozen_model_tokens", in: -1...1e9) ?? 0)
        frozenDomains = try section.domains("frozen_embedding_domain")
        trains = try section.texts("train")
        freezes = try section.texts("freeze")
        lora = try FMRunSettings.lora(section)
        evaluationEvery = try section.integer("eval_freq", in: 1...1 << 30) ?? 10
        checkpointEvery = try section.integer("save_ckpt_freq", in: 1...1 << 30) ?? 20
        hasFixedEvaluation = try section.flag("fixed_eval") ?? true
        fixedInputTokens = try section.integer("fixed_eval_input_tokens", in: 1...1 << 20) ?? 128
        fixedTargetTokens = try section.integer("fixed_eval_target_tokens", in: 1...1 << 20) ?? 128
        evaluationSamples = try section.integer("eval_samples", in: 1...Int.max)
        modalityOverrides = try FMRunSettings.overrides(section)
        try checkLengths(section)
    }

    private static func model(_ section: SettingsSection) throws(SettingsError) -> (String, ModelArchitecture) {
        let name = try section.text("model") ?? "fm_base_12e_12d_swiglu_nobias"
        if name == checkpointName {
            guard section["finetune"] != nil else { throw section.fault("model", allowed: "possible without a checkpoint; set finetune") }
            guard section["architecture"] == nil else { throw section.fault("architecture", allowed: "used together with model: \(name)") }
            return (name, ModelArchitecture(dim: 4, encoderDepth: 0, decoderDepth: 0, heads: 1))
        }
        guard var found = ModelArchitecture.named[name] else {
            let known = ModelArchitecture.named.keys.sorted()
            throw section.fault("model", allowed: "a model of fourm/models/fm.py; \(NearNames.hint(name, in: known))")
        }
        found.registerTokens = try section.integer("num_register_tokens", in: 0...1 << 16) ?? 0
        if let own = try section.section("architecture") { try found.apply(own) }
        return (name, found)
    }

    private static func dtype(_ section: SettingsSection) throws(SettingsError) -> String {
        let given = try section.choice("dtype", of: ["float16", "bfloat16", "float32", "fp16", "bf16", "fp32"]) ?? "bfloat16"
        return ["fp16": "float16", "bf16": "bfloat16", "fp32": "float32"][given] ?? given
    }

    private static func optimizer(_ section: SettingsSection) throws(SettingsError) -> Optimizer {
        guard let name = try section.text("opt") else { return .adamw }
        guard let known = Optimizer(rawValue: name.lowercased()) else {
            throw section.fault("opt", allowed: "one of " + Optimizer.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return known
    }

    private static func scheduler(_ section: SettingsSection) throws(SettingsError) -> Scheduler {
        let name = try section.text("scheduler") ?? "cosine"
        if name == "cosine" { return .cosine }
        let parts = name.split(separator: "-", maxSplits: 1)
        guard parts.first == "inverse_sqrt" else { throw section.fault("scheduler", allowed: "cosine or inverse_sqrt-TIMESCALE") }
        guard parts.count > 1 else { return .inverseSquareRoot(timescale: 10_000) }
        guard let timescale = Double(parts[1]), timescale > 0, timescale.isFinite else {
            throw section.fault("scheduler", allowed: "inverse_sqrt with a timescale above 0, such as inverse_sqrt-10000")
        }
        return .inverseSquareRoot(timescale: timescale)
    }

    private static func lora(_ section: SettingsSection) throws(SettingsError) -> LoRA? {
        let rank = try section.integer("lora_rank", in: 0...1 << 16) ?? 0
        let scale = try section.number("lora_scale", in: -1e6...1e6) ?? 1
        let target = try section.choice("lora_target", of: ["attn", "self_attn", "cross_attn", "mlp", "all"]) ?? "attn"
        if rank > 0, section["finetune"] == nil {
            throw section.fault("lora_rank", allowed: "used with a fresh model; set finetune to the checkpoint that adapters are for")
        }
        if rank > 0 { return LoRA(rank: rank, scale: scale, target: target) }
        for key in ["lora_scale", "lora_target"] where section[key] != nil {
            throw section.fault(key, allowed: "used without lora_rank; set that, such as lora_rank: 4")
        }
        return nil
    }

    private static func part(_ section: SettingsSection, _ name: String, epochs: Int) throws(SettingsError) -> Part {
        Part(
            epochs: try section.integer("\(name)_epochs", in: -1 << 30...1 << 30) ?? epochs,
            steps: try section.integer("\(name)_steps", in: -1 << 40...1 << 40) ?? -1,
            tokens: try section.number("\(name)_tokens", in: -1...1e9) ?? -1)
    }

    private static func overrides(_ section: SettingsSection) throws(SettingsError) -> [String: ModalityOverride] {
        guard let all = try section.section("modality_overrides") else { return [:] }
        var made: [String: ModalityOverride] = [:]
        for name in all.keys {
            guard let own = try all.section(name) else { continue }
            try own.check(known: ["vocab_size", "max_length", "max_tokens", "orig_emb_dim"])
            let sizes = 1...1 << 24
            made[name] = ModalityOverride(
                vocabularySize: try own.integer("vocab_size", in: sizes), maxLength: try own.integer("max_length", in: sizes),
                maxTokens: try own.integer("max_tokens", in: sizes), embeddingDim: try own.integer("orig_emb_dim", in: sizes))
        }
        return made
    }

    /// As `run_training_4m.py` asks for it: epochs or tokens, not both; some unit of the warm-up.
    private func checkLengths(_ section: SettingsSection) throws(SettingsError) {
        if epochs < 0, totalTokens <= 0 {
            throw section.fault("epochs", "\(epochs)", allowed: "above 0, and there is no total_tokens either; give one of them")
        }
        if epochs >= 0, totalTokens > 0 {
            throw section.fault(
                "total_tokens", allowed: "used together with epochs (\(epochs)); give epochs: -1, or leave total_tokens out")
        }
        if warmup.epochs < 0, warmup.steps < 0, warmup.tokens < 0 {
            throw section.fault("warmup_epochs", allowed: "0 or more, nor are warmup_steps and warmup_tokens; give one of them")
        }
        if frozen.epochs > 0, frozen.tokens > 0 {
            throw section.fault("frozen_model_tokens", allowed: "used together with frozen_model_epochs; give one of them")
        }
        if case .inverseSquareRoot = scheduler, cooldown.epochs < 0, cooldown.steps < 0, cooldown.tokens < 0 {
            throw section.fault("cooldown_epochs", allowed: "0 or more, nor are cooldown_steps and cooldown_tokens; give one of them")
        }
    }
}
