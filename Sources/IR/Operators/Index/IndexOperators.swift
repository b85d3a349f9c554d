extension OperatorRegistry {
    /// Elements read, written or ranked by index.
    static let index: [any Operator.Type] = [
        Gather.self, GatherElements.self, ScatterElements.self, ScatterReduce.self, ScatterRows.self, TopK.self, NonZero.self, Unique.self,
    ]
}
