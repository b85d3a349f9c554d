import IR

/// If, Loop, Scan.
extension OperatorMapping {
    static let control: [OperatorMapping] = []
}
