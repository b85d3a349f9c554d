import ArgumentParser
import Artifact
import Files
import Formats
import FourMModels
import Hub
import IR
import Importers
import Inspect
import ONNXSessions

/// A model as commands look at it.
struct OpenModel {
    /// As imported; of text, as the text has it; of a compiled model, lowered and without the data of packed weights.
    let module: Module
    /// What holds it.
    let files: [String]
    /// Where text of it can say that the weights are.
    var sources: [WeightSource] = []
    var artifact: Artifact?
    /// Of a model from an ONNX file: what it says of the nodes.
    var onnx: ONNXSourceMap?
    /// Whether a constant is in ``files``; others were made by the importer.
    var isStored: (String) -> Bool = { _ in true }

    /// The model at `path`, which needs no flags to be read.
    /// - Throws: `CheckpointError`, `ImportError`, `ONNXImportError` naming file, tensor or key.
    static func read(_ path: String, bind: [SizeBinding] = [], inputs: String? = nil) throws -> OpenModel {
        let path = try ModelLocation.find(path).path
        if let onnx = ONNXModelFile.find(path) { return try ModelArgument.symbolic(onnx: onnx, bind, inputs: inputs) }
        if let artifact = try ModelLoader.artifact(path) { return OpenModel(artifact) }
        if let module = try ModelLoader.text(path) { return try OpenModel(text: module, path) }
        let checkpoint = try ModelLoader.checkpoint(path)
        return OpenModel(checkpoint, try FourMImporter.importModel(checkpoint), path)
    }

    init(module: Module, files: [String]) { (self.module, self.files) = (module, files) }

    init(_ artifact: Artifact) {
        self.init(module: artifact.packed.module, files: [artifact.path])
        self.artifact = artifact
    }

    init(text module: Module, _ path: String) throws {
        let used = module.weightFiles.map { $0.path.hasPrefix("/") ? $0.path : FilePath.join(FilePath.folder(of: path), $0.path) }
        self.init(module: module, files: [path] + used)
        sources = try module.weightFiles.map { try WeightSource($0, besides: path) }
    }

    init(_ checkpoint: Checkpoint, _ module: Module, _ path: String, stateKey: String? = nil) {
        self.init(module: module, files: checkpoint.files)
        sources = [WeightSource(path, tensors: checkpoint.tensors, stateKey: stateKey)]
        isStored = { checkpoint.tensors[$0] != nil }
    }
}

extension ModelArgument {
    /// The model, whatever it is.
    /// - Parameters:
    ///   - bind: sizes for an ONNX model whose structure depends on its inputs.
    ///   - inputs: inputs for such a one.
    /// - Throws: `TesseraError` for a bundle, and for flags that are for checkpoints.
    func open(_ bind: [SizeBinding] = [], inputs: String? = nil) throws -> OpenModel {
        try requireSingleModel()
        if let artifact = try artifact() { return OpenModel(artifact) }
        if let path = try textFile() { return try OpenModel(text: IRTextFile.read(path), path) }
        if let file = try onnxFile() { return try ModelArgument.symbolic(onnx: file, bind, inputs: inputs) }
        let checkpoint = try checkpoint()
        return OpenModel(checkpoint, try imported(checkpoint), try ModelLocation.find(model).path, stateKey: stateKey)
    }

    /// Functions of a checkpoint or a text of the IR, as imported: `names`, or the only one of a text.
    /// - Throws: `ValidationError` if none is named where there may be several.
    func selected(_ names: [String]) throws -> (module: Module, functions: [String]) {
        let text = try textFile().map { try IRTextFile.read($0) }
        let all = text?.entryPoints.map(\.name) ?? []
        let functions = names.isEmpty && all.count == 1 ? all : names
        guard !functions.isEmpty else {
            throw ValidationError("missing expected argument '--function <name>'; 'tessera inspect \(model)' lists the functions")
        }
        return (try (text ?? imported(checkpoint())).selecting(functions), functions)
    }

    /// The text of the IR that the argument is; nil for anything else.
    /// - Throws: `TesseraError` for flags that are for checkpoints.
    func textFile() throws -> String? {
        let isNamedSo = model.lowercased().hasSuffix(".ir")
        guard let location = isNamedSo ? try ModelLocation.find(model) : try? ModelLocation.find(model),
            IRTextFile.isIRText(location.path)
        else { return nil }
        guard let flag = given else { return location.path }
        throw Refusal.usage("\(flag) is for checkpoints; \(model) is text of the IR")
    }
}
