import Formats
import IR
import Importers

/// ONNX models: one function, `main`. Sizes that the file leaves open are symbols; a model whose structure hangs on the values of inputs cannot
/// be opened so, and says which they are.
struct ONNXModelImporter: ModelImporter {
    let name = "ONNX model"

    func recognizes(_ source: ModelSource) -> Bool { !source.isBundle && ONNXModelFile.find(source.path) != nil }

    /// - Throws: ``TesseraError`` for options that are for checkpoints; `ONNXImportError`, `CheckpointError`.
    func load(_ source: ModelSource, _ options: Model.Options) throws -> Module {
        let isOfCheckpoints =
            options.configuration != nil || options.stateKey != nil || options.part != .whole || !options.adapters.isEmpty
        guard !isOfCheckpoints else {
            throw TesseraError(.usage, "\(source.given) is an ONNX model: configuration, state key, part and adapters are for checkpoints")
        }
        return try ONNXImporter.importModel(try ONNXModel(path: ONNXModelFile.find(source.path) ?? source.path))
    }
}
