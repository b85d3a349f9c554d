import IR

/// The domain com.microsoft: what exporters and quantizers for ONNX Runtime write.
extension OperatorMapping {
    static let microsoft: [OperatorMapping] =
        microsoftAttention + microsoftNorms + microsoftActivations + microsoftPositions + microsoftRecurrent

    static func microsoft(
        _ name: String, _ convert: @escaping @Sendable (inout NodeImport) throws -> [ValueID?]
    ) -> OperatorMapping { OperatorMapping(name, domain: "com.microsoft", convert) }
}
