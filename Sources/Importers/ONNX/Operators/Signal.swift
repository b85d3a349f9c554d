import IR

/// Fourier transforms and windows.
extension OperatorMapping {
    static let signal: [OperatorMapping] = []
}
