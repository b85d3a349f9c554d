import IR

/// Recurrent networks.
extension OperatorMapping {
    static let recurrent: [OperatorMapping] = []
}
