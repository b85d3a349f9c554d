extension OperatorRegistry {
    /// Convolutions and other operators of pictures.
    static let spatial: [any Operator.Type] = [
        Conv2D.self, FusedConv2D.self, QuantizedConv2D.self, Resize.self,
    ]
}
