extension OperatorRegistry {
    /// From floats to levels and back.
    static let quantize: [any Operator.Type] = [DynamicQuantize.self]
}
