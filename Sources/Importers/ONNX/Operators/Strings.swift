import IR

/// Strings.
extension OperatorMapping {
    static let strings: [OperatorMapping] = []
}
