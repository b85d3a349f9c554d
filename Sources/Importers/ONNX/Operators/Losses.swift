import IR

/// Losses, and steps of training.
extension OperatorMapping {
    static let losses: [OperatorMapping] = []
}
