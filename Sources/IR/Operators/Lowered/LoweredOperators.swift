/// Operators that say how something is computed, not what: legal only in a lowered module.
package protocol LoweredOperator: TensorOperator {}

extension OperatorRegistry {
    /// What the passes that lower a module write.
    static let lowered: [any Operator.Type] = [Pack.self]
}
