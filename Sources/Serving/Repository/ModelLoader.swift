import Formats
import Tessera

/// A model that was read and compiled.
struct LoadedModel: Sendable {
    let compiled: CompiledModel
    let platform: String
}

/// Reads models, one after the other, on a thread of its own.
actor ModelLoader {
    /// What a file holds.
    enum Content: Sendable {
        case model(LoadedModel)
        case pipeline(GenerationPipeline, [Modality])
    }

    private let queue = WorkQueue("tessera.loader")

    nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

    func scan(_ configuration: RepositoryConfiguration) -> FolderScan { FolderScan(configuration) }

    /// - Throws: ``TesseraError`` naming the file.
    func load(_ file: ModelFile, _ settings: ModelSettings, _ hooks: ServingHooks) async throws(TesseraError) -> Content {
        hooks.willLoad?(file.path)
        if try ModelLoader.isBundle(file.path) {
            let pipeline = try GenerationPipeline(file.path, precision: settings.options.precision, threads: settings.threads)
            return .pipeline(pipeline, try await pipeline.modalities())
        }
        return .model(try ModelLoader.model(file.path, settings))
    }

    private static func isBundle(_ path: String) throws(TesseraError) -> Bool {
        do { return try ModelSource(path).isBundle } catch { throw TesseraError(error) }
    }

    private static func model(_ path: String, _ settings: ModelSettings) throws(TesseraError) -> LoadedModel {
        if CompiledPlace.isCompiled(path) { return LoadedModel(compiled: try CompiledModel(contentsOf: path), platform: "tessera_tess") }
        let model = try Model(path)
        return LoadedModel(compiled: try model.compiled(settings.options), platform: platform(model.format))
    }

    private static func platform(_ format: String) -> String {
        switch format {
        case "ONNX model": "tessera_onnx"
        case "IR text": "tessera_ir"
        default: "tessera_4m"
        }
    }
}
