extension OperatorRegistry {
    /// Sums, extrema and searches along dimensions.
    static let reduce: [any Operator.Type] = [
        Reduce<ReduceSum>.self, Reduce<ReduceMean>.self, Reduce<ReduceMax>.self, Reduce<ReduceMin>.self,
        Reduce<ReduceProd>.self, Reduce<ReduceAny>.self, Reduce<ReduceAll>.self, ArgReduce<ArgMax>.self,
        ArgReduce<ArgMin>.self, CumSum.self, CumProd.self,
    ]
}
