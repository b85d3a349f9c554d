extension OperatorRegistry {
    /// Tensors from nothing.
    static let source: [any Operator.Type] = [
        Iota.self, Fill.self, Shape.self, Sizes.self, Random.self,
    ]
}
