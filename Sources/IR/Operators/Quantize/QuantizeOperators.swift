extension OperatorRegistry {
    /// From floats to levels and back.
    static let quantize: [any Operator.Type] = [Quantize.self, Dequantize.self, DynamicQuantize.self]
}
