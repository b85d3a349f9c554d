extension OperatorRegistry {
    /// Convolutions and other operators of pictures.
    static let spatial: [any Operator.Type] = [
        Conv.self, FusedConv.self, QuantizedConv.self, Resize.self,
    ]
}
