extension OperatorRegistry {
    /// Convolutions and other operators of pictures.
    static let spatial: [any Operator.Type] = [
        Conv.self, FusedConv.self, QuantizedConv.self, IntegerConv.self, Resize.self, MaxPool.self, AveragePool.self,
        Sample.self, RoiAlign.self, MaxRoiPool.self, NonMaxSuppression.self,
    ]
}
