import Training

/// Sorts parameters into groups.
///
/// Source: `get_parameter_groups` in `fourm/utils/optim_factory.py`.
package struct ParameterGrouping: Sendable, Equatable {
    package var weightDecay: Double
    /// Names without weight decay, beside norms, biases, scales of layers and tables for lookup.
    package var undecayed: Set<String> = []
    /// Weight decay of the decoder; nil: ``weightDecay``.
    package var decoderWeightDecay: Double?
    /// Names that count as the decoder's, beside those that begin with `decoder.`.
    package var decoderNames: Set<String> = []
    package var layerDecay: LayerDecay?
    /// Names whose learning rate is that of the schedule whatever their layer.
    package var unscaled: Set<String> = []

    package init(weightDecay: Double, layerDecay: LayerDecay? = nil) { (self.weightDecay, self.layerDecay) = (weightDecay, layerDecay) }

    /// Groups in the order of their first parameters. Names may carry the parts that PyTorch's FSDP adds.
    package func groups(_ parameters: [String]) -> [ParameterGroup] {
        var groups: [ParameterGroup] = []
        var indices: [Key: Int] = [:]
        for name in parameters.map({ $0.replacing("_fsdp_wrapped_module.", with: "") }) {
            let key = key(of: name)
            if let index = indices[key] {
                groups[index].parameters.append(name)
            } else {
                indices[key] = groups.count
                groups.append(group(key, first: name))
            }
        }
        return groups
    }

    private enum Decay: Hashable {
        case none, decoder, all
    }

    private struct Key: Hashable {
        let decay: Decay
        let layer: Int?
        let isUnscaled: Bool
    }

    private func key(of name: String) -> Key {
        let decay: Decay =
            if ParameterGrouping.isUndecayed(name) || undecayed.contains(name) {
                .none
            } else if decoderWeightDecay != nil, name.hasPrefix("decoder.") || decoderNames.contains(name) {
                .decoder
            } else {
                .all
            }
        return Key(decay: decay, layer: layerDecay?.layer(of: name), isUnscaled: layerDecay != nil && unscaled.contains(name))
    }

    private func group(_ key: Key, first: String) -> ParameterGroup {
        let decay =
            switch key.decay {
            case .none: 0.0
            case .decoder: decoderWeightDecay ?? weightDecay
            case .all: weightDecay
            }
        let scale = key.isUnscaled ? 1 : key.layer.flatMap { layerDecay?.scales[$0] } ?? 1
        return ParameterGroup(weightDecay: decay, learningRateScale: scale, parameters: [first])
    }

    /// Norms, biases, scales of layers and tables for lookup.
    private static func isUndecayed(_ name: String) -> Bool {
        name.contains("norm.") || name.contains(".norm") || [".bias", ".lookup_table_weight", ".gamma"].contains { name.hasSuffix($0) }
    }
}
