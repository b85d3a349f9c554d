import IR

/// Attention and positions.
extension OperatorMapping {
    static let attention: [OperatorMapping] = []
}
