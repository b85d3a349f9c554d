import Formats
import FourMData
import FourMSettings

extension VQVAEOptions {
    /// The arguments of ml-4m's `VQVAE` (`get_model` of run_training_vqvae.py).
    func configuration(_ domain: TokenizerDomain) -> ConfigDictionary {
        settings.run.configuration(
            domain, processes: ranks, encoderArguments: settings.encoderArguments, decoderArguments: settings.decoderArguments
        ).merging(["image_size_dec": .optional(settings.decoderSize), "out_conv": .bool(settings.hasOutputConvolutions)])
    }
}
