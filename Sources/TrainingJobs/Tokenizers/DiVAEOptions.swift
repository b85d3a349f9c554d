import Formats
import FourMData
import FourMModels
import FourMSettings

/// What `tessera train divae` is told: the settings of the run, and which process this is.
package struct DiVAEOptions: Sendable {
    package var settings: DiffusionRunSettings
    package var rank = 0
    package var ranks = 1
    /// Of the kernels, for what is computed beside the training; nil: the process's default.
    package var threads: Int?

    /// Reads a file of ml-4m.
    /// - Parameter assignments: `KEY=VALUE` in place of the file's.
    /// - Throws: `SettingsError`, `CheckpointError`: each names file, line or key.
    package init(file: String, setting assignments: [String] = []) throws {
        let text = try SettingsText.read(file, named: "run file", "tessera train divae")
        settings = try DiffusionRunSettings(yaml: text, file: file, setting: assignments)
    }

    /// What is not followed, and why, a line each.
    package var notes: [String] {
        let keys = settings.passedOver.map { "\($0.key) is passed over: \($0.why)" }
        let type =
            ["float32", "fp32"].contains(settings.run.dtype) ? [] : ["dtype \(settings.run.dtype): weights and products are f32 here"]
        return keys + type
    }

    /// The arguments of ml-4m's `DiVAE` (`get_model` of run_training_divae.py).
    func configuration(_ domain: TokenizerDomain) -> ConfigDictionary {
        settings.run.configuration(
            domain, processes: ranks, encoderArguments: settings.encoderArguments, decoderArguments: settings.decoderArguments
        ).merging([
            "num_train_timesteps": .int(settings.trainingSteps), "prediction_type": .string(target.prediction.rawValue),
            "beta_schedule": .string(settings.betaSchedule), "zero_terminal_snr": .bool(settings.zeroTerminalSNR),
            "thresholding": .bool(settings.thresholding), "clip_sample": .bool(settings.clipSample), "scheduler": .string("ddpm"),
            "conditioning": .string(settings.conditioning), "dec_transformer_dropout": .double(settings.decoderDropout),
            "cls_free_guidance_dropout": .double(settings.guidanceDropout), "masked_cfg": .bool(settings.hidesTokens),
            "masked_cfg_low": .int(settings.leastTokens), "masked_cfg_high": .optional(settings.mostTokens),
        ])
    }

    private var target: DiffusionTarget { DiffusionTarget(rawValue: settings.prediction) ?? .sample }

    /// What is trained.
    var objective: DiffusionObjective {
        let run = settings.run
        return DiffusionObjective(
            target: target, ReconstructionLoss(rawValue: run.lossName) ?? .mse, codebookWeight: run.codebookWeight,
            isEncoderFrozen: run.isEncoderFrozen, hidesCondition: settings.guidanceDropout > 0,
            tellsOriginalSize: settings.tellsOriginalSize,
            decoderDropout: settings.decoderDropout)
    }

    /// What is drawn for a batch.
    var draws: DiffusionDraws {
        let hides = settings.guidanceDropout > 0
        let dropout = ConditionDropout(
            share: settings.guidanceDropout, hidesTokens: settings.hidesTokens, least: settings.leastTokens, most: settings.mostTokens)
        return DiffusionDraws(trainingSteps: settings.trainingSteps, dropout: hides ? dropout : nil)
    }
}
