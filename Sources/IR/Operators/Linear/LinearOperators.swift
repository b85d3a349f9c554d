extension OperatorRegistry {
    /// Products with a matrix, and what is fused into them.
    static let linear: [any Operator.Type] = [
        MatMul.self, Linear.self, FusedLinear.self, GatedLinear.self, QuantizedLinear.self, QuantizedGatedLinear.self,
        IntegerLinear.self, Det.self,
    ]
}
