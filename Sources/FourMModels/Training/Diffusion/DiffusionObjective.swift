import FourMSampling
import FourMSettings
import IR

/// What a diffusion decoder learns to predict, and what its loss compares (`prediction_type` of `run_training_divae.py`).
package enum DiffusionTarget: String, Sendable, CaseIterable {
    /// The clean picture.
    case sample
    /// The noise.
    case epsilon
    /// sqrt(alpha) noise - sqrt(1 - alpha) picture.
    case v = "v_prediction"
    /// The network predicts v; compared is the noise that follows from it.
    case noiseOfV = "v_prediction-epsilon_loss"

    /// What the network gives, as samplers name it.
    package var prediction: PredictionType {
        switch self {
        case .sample: .sample
        case .epsilon: .epsilon
        case .v, .noiseOfV: .v
        }
    }
}

/// What a diffusion tokenizer is trained for.
package struct DiffusionObjective: Sendable {
    package var target: DiffusionTarget
    package var reconstruction: ReconstructionLoss
    /// Weight of the quantizer's own loss.
    package var codebookWeight: Double
    /// Whether encoder and quantizer stay as they are: no gradients, no loss and no updates of the codebook.
    package var isEncoderFrozen: Bool
    /// Whether parts of the condition are hidden, as classifier-free guidance needs it (input `cond_mask`).
    package var hidesCondition: Bool
    /// Whether the decoder is told the picture's original size (input `orig_res`).
    package var tellsOriginalSize: Bool
    /// Share of elements that dropout takes from a UViT's transformer.
    package var decoderDropout: Double
    /// Whether the function gives `noisy`, `target` and `model_output` too.
    package var showsValues: Bool

    /// Presets of the reference's script, except that nothing is hidden or dropped.
    package init(
        target: DiffusionTarget = .sample, _ reconstruction: ReconstructionLoss = .mse, codebookWeight: Double = 1,
        isEncoderFrozen: Bool = false,
        hidesCondition: Bool = false, tellsOriginalSize: Bool = false, decoderDropout: Double = 0, showsValues: Bool = false
    ) {
        (self.target, self.reconstruction, self.codebookWeight) = (target, reconstruction, codebookWeight)
        (self.isEncoderFrozen, self.hidesCondition, self.tellsOriginalSize) = (isEncoderFrozen, hidesCondition, tellsOriginalSize)
        (self.decoderDropout, self.showsValues) = (decoderDropout, showsValues)
    }

    /// The losses that a diffusion decoder is trained with.
    package static let reconstructions: [ReconstructionLoss] = [.mse, .l1, .smoothL1]

    /// Name of the function with the loss.
    package static let function = LossWriter.function

    /// The input that gives dead codes rows of the batch (``CodebookPicks``).
    package static let picks = QuantizerWriter.picks
}

/// Shares of picture and noise after each training step, as tables: sqrt(alpha) and sqrt(1 - alpha).
struct NoiseShares {
    let signal: Tensor
    let noise: Tensor

    /// - Parameter facts: section `diffusion` of a tokenizer's metadata.
    /// - Throws: `SchedulerError` for a schedule that its scheduler does not have, ``FourMError`` for a scheduler that training has none of.
    init(_ facts: Attributes) throws {
        let name = facts.string(.scheduler) ?? SchedulerKind.ddpm.rawValue
        guard let kind = SchedulerKind(rawValue: name), kind != .pndm else {
            throw FourMError("diffusion is trained with the noise of ddpm or ddim, not of '\(name)'", .request)
        }
        let alphas = try NoiseTable(TokenizerModel.configuration(facts, kind), kind: kind).alphasCumprod
        signal = Tensor(alphas.map { $0.squareRoot() }, [alphas.count])
        noise = Tensor(alphas.map { (1 - $0).squareRoot() }, [alphas.count])
    }
}
