import IR

/// The domain ai.onnx.ml.
extension OperatorMapping {
    static let machineLearning: [OperatorMapping] = []
}
