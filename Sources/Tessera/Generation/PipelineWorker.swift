import FourM
import Runtime

/// Owns a pipeline's models; does one thing after the other.
actor PipelineWorker {
    private let queue = WorkQueue("tessera.pipeline")
    private let bundle: LoadedBundle

    nonisolated var unownedExecutor: UnownedSerialExecutor { queue.asUnownedSerialExecutor() }

    init(_ bundle: sending LoadedBundle) { self.bundle = bundle }

    /// Generates and tells `tell` what happens.
    func generate(_ request: GenerationRequest, _ tell: @Sendable (GenerationEvent) -> Void) throws {
        let values = try request.values
        try withoutActuallyEscaping(tell) { tell in
            let generator = Generator(bundle)
            generator.drawsDrafts = request.drawsDrafts
            generator.onProgress = { tell(.progress($0, share: $1)) }
            generator.onEvent = { tell(.step(GenerationStep($0))) }
            try generator.run(request.inner, values) { tell(.result(try GenerationResult($0))) }
        }
    }

    func modalities() throws -> [Modality] {
        try bundle.model().modalities.values.sorted { $0.name < $1.name }.map { Modality($0) }
    }
}
