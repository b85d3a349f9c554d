import FourMData
import FourMModels
import FourMSettings

/// What `tessera train vqvae` is told: the settings of the run, and which process this is.
package struct VQVAEOptions: Sendable {
    package var settings: VQVAERunSettings
    package var rank = 0
    package var ranks = 1
    /// Of the kernels, for what is computed beside the training; nil: the process's default.
    package var threads: Int?

    /// Reads a file of ml-4m.
    /// - Parameter assignments: `KEY=VALUE` in place of the file's.
    /// - Throws: `SettingsError`, `CheckpointError`: each names file, line or key.
    package init(file: String, setting assignments: [String] = []) throws {
        let text = try SettingsText.read(file, named: "run file", "tessera train vqvae")
        settings = try VQVAERunSettings(yaml: text, file: file, setting: assignments)
    }

    /// What is not followed, and why, a line each.
    package var notes: [String] {
        let keys = settings.passedOver.map { "\($0.key) is passed over: \($0.why)" }
        let type =
            ["float32", "fp32"].contains(settings.run.dtype) ? [] : ["dtype \(settings.run.dtype): weights and products are f32 here"]
        return keys + type
    }

    /// - Throws: ``FourMError`` naming the function, feature or input that does not fit; what reading the network throws.
    func loss() throws -> VQVAELoss {
        let run = settings.run
        let perceptual = try settings.perceptual.map { perceptual in
            let module = try GraphModel(perceptual.network).module
            let network = try FeatureNetwork(
                module, function: perceptual.function, features: perceptual.features, mean: perceptual.mean, deviation: perceptual.deviation
            )
            return PerceptualLoss(
                network, distance: PerceptualLoss.Distance(rawValue: perceptual.distance) ?? .cosine, weight: perceptual.weight)
        }
        return VQVAELoss(
            ReconstructionLoss(rawValue: run.lossName) ?? .mse, codebookWeight: run.codebookWeight, perceptual: perceptual,
            isEncoderFrozen: run.isEncoderFrozen)
    }
}
