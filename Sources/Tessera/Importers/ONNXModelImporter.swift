import Formats
import IR
import Importers

/// ONNX models: one function, `main`. Sizes that the file leaves open are symbols; a model whose structure hangs on the values of inputs cannot
/// be opened so, and says which they are.
struct ONNXModelImporter: ModelImporter {
    let name = "ONNX model"

    func recognizes(_ source: ModelSource) -> Bool { !source.isBundle && ONNXModelFile.find(source.path) != nil }

    /// - Throws: ``TesseraError`` for options that are for checkpoints; `ONNXImportError`, `CheckpointError`.
    func load(_ source: ModelSource, _ options: Model.Options) throws -> ImportedModel {
        try options.requireNone(of: source.given, "an ONNX model")
        let file = ONNXModelFile.find(source.path) ?? source.path
        let model = try ONNXModel(path: file)
        return ImportedModel(module: try ONNXImporter.importModel(model), files: [file] + model.externalFiles)
    }

    /// The model in `bytes`, which is copied; `name` is for messages.
    /// - Throws: as ``load(_:_:)``; ``TesseraError`` for a model whose weights are in other files.
    func load(copying bytes: UnsafeRawBufferPointer, _ name: String, _ options: Model.Options) throws -> ImportedModel {
        try options.requireNone(of: name, "an ONNX model")
        let model = try ONNXModel(ByteSlice(Bytes(count: bytes.count) { $0.copyMemory(from: bytes) }), path: name)
        if let file = model.externalFiles.first {
            throw TesseraError(
                .unreadable, "\(name): weights are in the file '\(file)', which a model in memory has not beside it", file: name,
                remedy: "open the model by its path, or put its weights into it")
        }
        return ImportedModel(module: try ONNXImporter.importModel(model), files: [])
    }
}
