import Foundation

/// Learning rates that fall from the output of a 4M model to its input.
///
/// Layer 0 is the encoder's embeddings, then come the layers of encoder and decoder; all else is the last. Source: `get_num_layer_for_fm` and
/// `LayerDecayValueAssignerForFourM` in `fourm/utils/optim_factory.py`. The names `encoder_norm` and `decoder_proj_context` that the reference
/// puts behind the encoder are no parameter's whole name, so that these fall into the last layer there, and here.
package struct LayerDecay: Sendable, Equatable {
    package let encoderLayers, decoderLayers: Int
    /// Whether the decoder's modality embeddings belong to the last layer, and not behind the encoder.
    package let putsModalityEmbeddingsLast: Bool
    /// What the learning rate of each layer is multiplied by.
    package let scales: [Double]

    /// - Parameter decay: factor from a layer to the one before it.
    package init(_ decay: Double, encoderLayers: Int, decoderLayers: Int, putsModalityEmbeddingsLast: Bool = false) {
        (self.encoderLayers, self.decoderLayers) = (max(encoderLayers, 0), max(decoderLayers, 0))
        self.putsModalityEmbeddingsLast = putsModalityEmbeddingsLast
        let last = self.encoderLayers + self.decoderLayers + 1
        scales = (0...last).map { pow(decay, Double(last - $0)) }
    }

    /// The layer of a parameter.
    package func layer(of parameter: String) -> Int {
        let last = scales.count - 1
        if parameter.hasPrefix("encoder_embeddings") { return 0 }
        if parameter.hasPrefix("encoder.") { return number(in: parameter).map { min($0 + 1, last) } ?? last }
        if ["encoder_norm", "decoder_proj_context", "mask_token"].contains(parameter) { return encoderLayers }
        if !putsModalityEmbeddingsLast, parameter.hasPrefix("decoder_embeddings."), parameter.contains("mod_emb") { return encoderLayers }
        if parameter.hasPrefix("decoder.") { return number(in: parameter).map { min(encoderLayers + $0 + 1, last) } ?? last }
        return last
    }

    /// 3 of `encoder.3.attn.qkv.weight`.
    private func number(in parameter: String) -> Int? {
        let parts = parameter.split(separator: ".", maxSplits: 2)
        return parts.count > 1 ? Int(parts[1]).flatMap { (0..<scales.count).contains($0) ? $0 : nil } : nil
    }
}
