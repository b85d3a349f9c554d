import IR

/// Sequences and optionals.
extension OperatorMapping {
    static let sequences: [OperatorMapping] = []
}
