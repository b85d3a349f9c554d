import IR

/// Random numbers.
extension OperatorMapping {
    static let random: [OperatorMapping] = []
}
