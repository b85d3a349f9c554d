import IR

/// Convolutions, pooling, resizing: operators over pictures.
extension OperatorMapping {
    static let spatial: [OperatorMapping] = []
}
