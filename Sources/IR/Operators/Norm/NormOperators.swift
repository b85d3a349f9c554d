extension OperatorRegistry {
    /// Normalisations and softmaxes.
    static let norm: [any Operator.Type] = [
        LayerNorm.self, RMSNorm.self, GroupNorm.self, FusedGroupNorm.self, GroupNormGradient.self, L2Normalize.self, Softmax.self,
        LogSoftmax.self,
    ]
}
