extension OperatorRegistry {
    /// Attention.
    static let attention: [any Operator.Type] = [
        Attention.self
    ]
}
