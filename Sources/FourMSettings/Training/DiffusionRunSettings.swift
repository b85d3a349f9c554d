/// A training of a DiVAE, as a file of ml-4m tells it (`cfgs/default/tokenization/divae/**`).
package struct DiffusionRunSettings: Sendable, Hashable {
    package var run: TokenizerRunSettings
    /// Sizes of encoder and decoder that their types do not have; of this program alone.
    package var encoderArguments, decoderArguments: SettingsSection?
    package var trainingSteps: Int
    /// `sample`, `epsilon`, `v_prediction` or `v_prediction-epsilon_loss`.
    package var prediction: String
    package var betaSchedule: String
    package var zeroTerminalSNR: Bool
    package var thresholding, clipSample: Bool
    /// `concat` or `xattn`.
    package var conditioning: String
    package var decoderDropout: Double
    /// Share of samples from which something of the condition is hidden.
    package var guidanceDropout: Double
    /// Whether single tokens are hidden rather than all.
    package var hidesTokens: Bool
    package var leastTokens: Int
    package var mostTokens: Int?
    /// Whether the decoder is told the size that a crop had.
    package var tellsOriginalSize: Bool
    /// What it is told when samples are drawn.
    package var shownOriginalSize: Int
    package var samplingSteps: Int
    /// `ddim` or `ddpm`.
    package var sampler: String

    /// Keys of which nothing comes here, with the reason.
    package var passedOver: [(key: String, why: String)] { run.passedOver.map { ($0, TokenizerRunKeys.passedOver[$0] ?? "") } }

    private static let own: Set<String> = [
        "num_train_timesteps", "prediction_type", "beta_schedule", "zero_terminal_snr", "thresholding", "clip_sample", "conditioning",
        "dec_transformer_dropout", "cls_free_guidance_dropout", "masked_cfg", "masked_cfg_low", "masked_cfg_high", "resolution_cond",
        "eval_res_cond", "eval_noise_schedule", "num_eval_timesteps",
    ]

    /// - Parameter assignments: of `--set`: `KEY=VALUE`.
    /// - Throws: `SettingsError` naming file, line and key.
    package init(yaml text: String, file: String, setting assignments: [String] = []) throws(SettingsError) {
        var section = try SettingsSection(yaml: text, file: file)
        for assignment in assignments { try section.set(assignment) }
        let known = TokenizerRunKeys.shared.union(TokenizerRunKeys.own).union(TokenizerRunKeys.passedOver.keys).union(
            DiffusionRunSettings.own)
        try section.check(known: known.sorted())
        run = try TokenizerRunSettings(section, decoderType: "unet_patched", warmupEpochs: 40)
        encoderArguments = try section.section("enc_args")
        decoderArguments = try section.section("dec_args")
        trainingSteps = try section.integer("num_train_timesteps", in: 2...1_000_000) ?? 1000
        let targets = ["sample", "epsilon", "v_prediction", "v_prediction-epsilon_loss"]
        prediction = try section.choice("prediction_type", of: targets) ?? "sample"
        betaSchedule = try section.text("beta_schedule") ?? "linear"
        zeroTerminalSNR = try section.flag("zero_terminal_snr") ?? true
        thresholding = try section.flag("thresholding") ?? true
        clipSample = try section.flag("clip_sample") ?? false
        conditioning = try section.choice("conditioning", of: ["concat", "xattn"]) ?? "concat"
        decoderDropout = try section.number("dec_transformer_dropout", in: 0...0.999) ?? 0.2
        guidanceDropout = try section.number("cls_free_guidance_dropout", in: 0...1) ?? 0.2
        hidesTokens = try section.flag("masked_cfg") ?? true
        leastTokens = try section.integer("masked_cfg_low", in: 0...1 << 24) ?? 0
        mostTokens = try section.integer("masked_cfg_high", in: 0...1 << 24)
        tellsOriginalSize = try section.flag("resolution_cond") ?? false
        shownOriginalSize = try section.integer("eval_res_cond", in: 1...1 << 14) ?? 512
        samplingSteps = try section.integer("num_eval_timesteps", in: 1...1_000_000) ?? 50
        sampler = try section.choice("eval_noise_schedule", of: ["DDIMScheduler", "DDPMScheduler"]) == "DDPMScheduler" ? "ddpm" : "ddim"
        guard ["mse", "l1", "smooth_l1"].contains(run.lossName) else {
            throw section.fault("loss_fn", allowed: "one of mse, l1, smooth_l1")
        }
    }
}
