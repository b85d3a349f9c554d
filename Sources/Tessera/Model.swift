import Foundation
import Hub
import IR
import Runtime

/// A model as its file has it: functions over tensors, with the facts one needs to use it. Weights are mapped, not read.
public final class Model: Sendable {
    package let module: Module
    /// Name of the importer that read it.
    public let format: String
    /// The file that holds it, if it is one.
    package let file: String?

    /// What may be said when a model is opened, beyond where it is.
    public struct Options: Sendable {
        /// Configuration file (`.json`) to use instead of the model's own.
        public var configuration: String?
        /// Where in the file the model is: keys of a torch file's dictionaries, such as `model_ema`, then the start of the tensors' names,
        /// joined by points; nil for the place that fits.
        public var stateKey: String?
        /// Which half of a tokenizer to open; the other costs nothing then.
        public var part = Part.whole
        /// LoRA adapters to merge into the weights.
        public var adapters: [Adapter] = []

        /// The file's own configuration, all of the model, no adapters.
        public init() {}
    }

    /// Halves of a tokenizer.
    public enum Part: String, Sendable, CaseIterable {
        /// Both halves.
        case whole
        /// From pictures to tokens.
        case encoder
        /// From tokens to pictures.
        case decoder
    }

    /// A file with LoRA adapters, and what they are multiplied by.
    public struct Adapter: Sendable, Hashable {
        /// Path of the adapters' file.
        public var file: String
        /// What the adapters' product is multiplied by before it is added to a weight.
        public var scale: Double

        /// The adapters of `file`.
        public init(_ file: String, scale: Double = 1) { (self.file, self.scale) = (file, scale) }
    }

    /// Opens a file, a folder, a shard index or the name of a Hub repository in the cache (`ORG/NAME`, `ORG/NAME@REVISION`). The format is told
    /// by what is there, not by its name. A bundle is several models: see ``GenerationPipeline``.
    /// - Throws: ``TesseraError`` naming the file and the tensor or key.
    public convenience init(_ source: String, options: Options = Options()) throws(TesseraError) {
        let (made, format, file) = try translatingErrors { () throws -> (ImportedModel, String, String?) in
            let source = try ModelSource(source)
            let importer = try ModelImporters.importer(for: source)
            return (try importer.load(source, options), importer.name, source.isFolder ? nil : source.path)
        }
        self.init(made.module, format: format, file: file)
    }

    /// Opens an ONNX file that is in memory, and copies what is needed of it.
    /// - Parameters:
    ///   - bytes: the whole file; its weights must be in it.
    ///   - name: what messages call it.
    ///   - options: as of ``init(_:options:)``.
    /// - Throws: ``TesseraError`` naming the node or tensor.
    public convenience init(copying bytes: UnsafeRawBufferPointer, name: String, options: Options = Options()) throws(TesseraError) {
        let importer = ONNXModelImporter()
        let made = try translatingErrors { try importer.load(copying: bytes, name, options) }
        self.init(made.module, format: importer.name)
    }

    package init(_ module: Module, format: String, file: String? = nil) {
        self.module = module
        self.format = format
        self.file = file
    }

    /// The model's name.
    public var name: String { module.name }

    /// What can be run, in the model's order.
    public var functions: [FunctionDescription] { module.entryPoints.map { FunctionDescription($0) } }

    /// Elements of all weights.
    public var parameterCount: Int { module.parameterCount }

    /// Bytes of all weights as stored.
    public var weightBytes: Int { module.constantBytes }

    /// Family, modalities, normalisation, patch size, codebook and whatever else the importer says.
    public var metadata: [String: MetadataValue] { module.metadata.mapValues { MetadataValue($0) } }

    /// The model as text of the IR, as imported.
    public var text: String { module.description }

    /// Makes the model ready to run.
    /// - Throws: ``TesseraError`` for an unknown function or rule, or an operator that has no kernel.
    public func compiled(_ options: CompileOptions = CompileOptions()) throws(TesseraError) -> CompiledModel {
        try CompiledModel(self, options)
    }
}
