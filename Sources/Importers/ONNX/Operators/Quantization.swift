import IR

/// Casts between narrow types, and quantized operators.
extension OperatorMapping {
    static let quantization: [OperatorMapping] = []
}
