import IR

/// Normalisations.
extension OperatorMapping {
    static let norms: [OperatorMapping] = []
}
