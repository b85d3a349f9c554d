extension OperatorRegistry {
    /// What machine learning of tables computes and no other operator says.
    static let trees: [any Operator.Type] = [TreeEnsemble.self, PairwiseCoupling.self]
}
