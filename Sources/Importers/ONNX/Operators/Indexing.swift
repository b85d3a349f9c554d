import IR

/// Gathering, scattering, sorting.
extension OperatorMapping {
    static let indexing: [OperatorMapping] = []
}
