extension OperatorRegistry {
    /// Convolutions and other operators of pictures.
    static let spatial: [any Operator.Type] = [
        Conv.self, FusedConv.self, QuantizedConv.self, IntegerConv.self, ConvWeightGradient.self, TurnFilter.self,
        Resize.self, ResizeGradient.self, MaxPool.self, AveragePool.self, Sample.self, RoiAlign.self, MaxRoiPool.self,
        NonMaxSuppression.self,
    ]
}
