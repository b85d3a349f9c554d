import Formats

/// The reference's three classes of tokenizers, which differ in their decoders.
enum TokenizerFamily: String {
    case vqvae, divae
    /// A ControlNet over Stable Diffusion.
    case controlNet = "vqcontrolnet"

    init(_ config: Config, _ weights: WeightReader) throws {
        let type = try config.optionalString("dec_type") ?? ""
        let isControlNet =
            weights.hasAny(prefix: "decoder.controlnet") || type.contains("controlnet") || config.contains("sd_path")
        let isDiffusion =
            config.contains("beta_schedule") || ["unet_", "uvit_"].contains { type.hasPrefix($0) }
            || weights.hasAny(prefix: "decoder.input_blocks.") || weights.hasAny(prefix: "decoder.down_blocks.")
        self = isControlNet ? .controlNet : isDiffusion ? .divae : .vqvae
    }

    /// - Throws: ``ImportError/unsupported(_:)``
    func requireDecoder(_ file: String) throws {
        guard self == .controlNet else { return }
        throw ImportError.unsupported(
            "\(file): VQ-ControlNet decoders are not supported, because they need Stable Diffusion's UNet, VAE and text encoder; "
                + "VQVAE and DiVAE decoders are. Its encoder can be imported alone")
    }
}
