extension OperatorRegistry {
    /// Functions called, chosen and repeated.
    static let control: [any Operator.Type] = [Call.self, If.self, Loop.self, Scan.self]
}
