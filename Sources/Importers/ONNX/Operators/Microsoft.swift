import IR

/// The domain com.microsoft: what exporters and quantizers for ONNX Runtime write.
extension OperatorMapping {
    static let microsoft: [OperatorMapping] = []
}
