import Formats
import FourMModels
import IR
import Importers
import Inspect

extension ONNXFileReport {
    /// Of a model that could not be opened; nil where it is no ONNX file that can be read, or the error is none of what it holds.
    init?(of argument: ModelArgument, after error: any Error) {
        guard error is ONNXImportError || error is CheckpointError || error is VerificationError else { return nil }
        guard !argument.isBundle, let file = try? argument.onnxFile(), let source = try? ONNXModel(path: file) else { return nil }
        self.init(source, problem: Refusal.text(of: error))
    }
}
