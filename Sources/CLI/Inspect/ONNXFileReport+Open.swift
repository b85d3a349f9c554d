import Formats
import FourMModels
import IR
import Importers
import Inspect

extension ONNXFileReport {
    /// Of a model that could not be opened, as the file has it; nil where it is no ONNX file that can be read, or the error is none of what
    /// it holds.
    static func file(of argument: ModelArgument, after error: any Error) -> (report: ONNXFileReport, model: ONNXModel)? {
        guard error is ONNXImportError || error is CheckpointError || error is VerificationError else { return nil }
        guard !argument.isBundle, let file = try? argument.onnxFile(), let source = try? ONNXModel(path: file) else { return nil }
        return (ONNXFileReport(source, problem: Refusal.text(of: error)), source)
    }
}
