import FourM
import FourMModels
import Hub
import Passes

/// A 4M model with its tokenizers: any modality in, any modality out.
///
/// Models are read when they are first needed, and kept. Generations of one pipeline run one after the other.
public final class GenerationPipeline: Sendable {
    /// The bundle's name, or the model's.
    public let name: String
    private let worker: PipelineWorker

    /// Opens a bundle (a folder with a `bundle.yaml`, such a file, or a Hub repository that holds one), or a single 4M model, which generates
    /// tokens and texts only where it needs no tokenizer.
    /// - Parameters:
    ///   - source: path of the bundle or model, or name of a Hub repository in the cache.
    ///   - precision: of its checkpoints; compiled models keep theirs.
    ///   - threads: that its models may use; nil for the cores granted to the process. Results are the same for every number.
    /// - Throws: ``TesseraError`` naming file and key.
    public init(_ source: String, precision: CompileOptions.Precision = .f32, threads: Int? = nil) throws(TesseraError) {
        if precision == .int8Static {
            throw TesseraError(
                .usage,
                "int8-static takes ranges of activations from data: compile the bundle with --calibrate, and open that; or take int8")
        }
        let found = try translatingErrors {
            let source = try ModelSource(source)
            return source.isBundle ? try FourM.Bundle(path: source.path) : FourM.Bundle(model: source.path)
        }
        name = found.name
        worker = PipelineWorker(LoadedBundle(found, precision: PrecisionPolicy(precision.inner), threads: threads))
    }

    /// What the model takes and gives, by name. Reads the model.
    /// - Throws: ``TesseraError``.
    public func modalities() async throws(TesseraError) -> [Modality] {
        do { return try await worker.modalities() } catch { throw TesseraError(error) }
    }

    /// Generates, and tells each step and each result as it comes; starts at once. Leaving the loop over the events, cancelling its task or
    /// the token stops between two steps of the model.
    public func generate(_ request: GenerationRequest, cancellation: CancellationToken? = nil) -> GenerationEvents {
        let (stream, continuation) = AsyncThrowingStream<GenerationEvent, any Error>.makeStream()
        let worker = worker
        let task = Task.detached {
            do {
                try await worker.generate(request) { continuation.yield($0) }
                continuation.finish()
            } catch { continuation.finish(throwing: Task.isCancelled ? CancellationError() : error) }
        }
        continuation.onTermination = { _ in task.cancel() }
        if let cancellation {
            let listener = cancellation.whenCancelled { task.cancel() }
            // At the end of the task, not of the stream, which may have ended before a handler could be set.
            Task.detached {
                await task.value
                cancellation.forget(listener)
            }
        }
        return GenerationEvents(stream: stream)
    }

    /// Generates, and gives the results of all samples and variations in order.
    /// - Throws: ``TesseraError``.
    public func results(_ request: GenerationRequest, cancellation: CancellationToken? = nil) async throws(TesseraError)
        -> [GenerationResult]
    {
        var found: [GenerationResult] = []
        for try await event in generate(request, cancellation: cancellation) {
            if case .result(let result) = event { found.append(result) }
        }
        return found
    }
}

/// A kind of thing that a model takes, gives, or both.
public struct Modality: Sendable, Hashable {
    /// As requests and results call it: `rgb@224`, `caption`.
    public let name: String
    /// Whether it can be given.
    public let isInput: Bool
    /// Whether it can be generated.
    public let isOutput: Bool
    /// Whether it is written token by token: a caption, boxes, …
    public let isText: Bool
    /// Token ids; nil for pixels and vectors.
    public let vocabularySize: Int?
    /// Rows and columns of tokens of an image-like modality.
    public let grid: [Int]?

    init(_ modality: ModelModality) {
        (name, isInput, isOutput, isText) = (modality.name, modality.isInput, modality.isOutput, modality.isSequence)
        vocabularySize = modality.vocabularySize
        grid = modality.grid.map { [$0.rows, $0.columns] }
    }
}
