import FourMSettings
import IR
import Importers

/// The loss that a VQ-VAE tokenizer is trained with (`train_one_epoch` of run_training_vqvae.py).
package struct VQVAELoss: Sendable {
    package var reconstruction: ReconstructionLoss
    /// Weight of the quantizer's own loss.
    package var codebookWeight: Double
    package var perceptual: PerceptualLoss?
    /// The encoder and the codebook stay as they are.
    package var isEncoderFrozen: Bool
    /// Whether the function gives its `latents` and what is `decoded` of them too.
    package var showsValues: Bool

    package init(
        _ reconstruction: ReconstructionLoss = .mse, codebookWeight: Double = 1, perceptual: PerceptualLoss? = nil,
        isEncoderFrozen: Bool = false, showsValues: Bool = false
    ) {
        (self.reconstruction, self.codebookWeight, self.perceptual) = (reconstruction, codebookWeight, perceptual)
        (self.isEncoderFrozen, self.showsValues) = (isEncoderFrozen, showsValues)
    }

    /// The name of the function.
    package static let function = LossWriter.function

    /// `module` with a function `training_loss`: of the input of `tokenize`, and of `codebook.picks` where dead codes are replaced by rows of the batch.
    ///
    /// Results are `loss`, its parts `loss.reconstruction`, `loss.code` (without ``codebookWeight``) and `loss.perceptual` (without its weight),
    /// the `tokens`, i64 `[n]`, and under their keys the buffers of the codebook after the batch.
    /// - Throws: ``FourMError`` for a module that lacks a half; ``GraphError`` if its functions do not fit.
    package func added(to module: Module, _ settings: QuantizerSettings) throws -> Module {
        let writer = LossWriter(try perceptual?.network.joined(to: module) ?? module)
        let batch = try TokenizerBatch(writer)
        let quantizer = QuantizerWriter(settings: settings, writer: writer)
        let quantized = try quantizer.quantized(batch.latents, isTrained: !isEncoderFrozen)
        let decoded = try writer.call(FourMFunction.decodeQuant, ["quant": batch.map(quantized.quant)], result: "decoded")
        try losses(decoded, batch.input, quantized.loss, writer)
        try writer.output("tokens", quantized.codes)
        for (key, value) in quantized.buffers { try writer.output(key.key, value) }
        if showsValues {
            try writer.output("latents", quantized.rows)
            try writer.output("decoded", decoded)
        }
        return writer.result
    }

    private func losses(_ decoded: Traced, _ input: Traced, _ code: Traced?, _ writer: LossWriter) throws {
        let reconstructed = try reconstruction.loss(decoded, input)
        let code = try code ?? reconstructed.number(0)
        var loss = try reconstructed + code * codebookWeight
        let percept = try perceptual?.loss(decoded, input, writer)
        if let percept, let weight = perceptual?.weight { loss = try loss + percept * weight }
        try writer.output("loss", loss)
        try writer.output("loss.reconstruction", reconstructed)
        try writer.output("loss.code", code)
        if let percept { try writer.output("loss.perceptual", percept) }
    }
}
