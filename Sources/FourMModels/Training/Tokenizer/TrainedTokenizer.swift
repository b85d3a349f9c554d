import Formats
import FourMSettings
import IR
import Importers
import Passes
import Runtime

/// A tokenizer that is to be trained: its module in single precision, with the buffers of its codebook among the constants.
package struct TrainedTokenizer: Sendable {
    package let module: Module
    package let quantizer: QuantizerSettings
    /// Pixels of one token.
    let patch: (height: Int, width: Int)

    /// - Throws: `ImportError` or `CheckpointError` for what is no whole tokenizer; ``FourMError`` for one without the codebook's buffers.
    package init(_ checkpoint: Checkpoint) throws {
        let merged = try checkpoint.mergingOwnAdapters()
        let wide = Checkpoint(
            name: merged.name, tensors: merged.tensors.mapValues(TrainedTokenizer.widened), config: merged.config, files: merged.files,
            isPartlyForModel: merged.isPartlyForModel)
        quantizer = try QuantizerSettings(merged.config)
        var module = try FourMImporter.importModel(wide)
        guard let size = module.metadata.pair(.patchSize) else {
            throw FourMError("'\(module.name)' is no tokenizer with an encoder, which training needs", .request)
        }
        patch = size
        for buffer in CodebookKey.buffers(quantizer) { module.setConstant(try TrainedTokenizer.constant(buffer, wide, quantizer)) }
        self.module = module
    }

    /// Keys of the codebook's buffers; none of a frozen one change.
    package var buffers: [String] { CodebookKey.buffers(quantizer).map(\.key) }

    /// Whether k-means is to start the codebook before it is used.
    package var needsStart: Bool {
        quantizer.kind == .lucid && module.constants[CodebookKey.isStarted.key]?.tensor?.doubles.first == 0
    }

    /// How many rows a quantizer gets of a batch, a picture `[b, c, h, w]` or class ids `[b, h, w]`.
    package func rows(of input: Tensor) -> Int {
        guard let grid = grid(of: input), let batch = input.shape.first else { return 0 }
        return batch * grid.rows * grid.columns * (quantizer.kind == .lucid ? quantizer.codebooks : 1)
    }

    /// Rows and columns of a batch's tokens.
    package func grid(of input: Tensor) -> (rows: Int, columns: Int)? {
        guard input.rank >= 3, let width = input.shape.last, let height = input.shape.dropLast().last else { return nil }
        return (height / patch.height, width / patch.width)
    }

    /// The codebook's buffers after a start by k-means, by key.
    /// - Parameters:
    ///   - input: as `tokenize` takes it.
    ///   - picks: rows of the batch that are the first means (``CodebookPicks``).
    /// - Throws: ``FourMError``, and what compiling and running throw.
    package func started(from input: Tensor, picks: Tensor, threads: Int? = nil) throws -> [String: Tensor] {
        let made = try CodebookStart.added(to: module, quantizer).keeping(functions: [CodebookStart.function])
        let session = Session(try Plan(PassManager.run(made, .clean).module), threads: threads)
        return try session.run(CodebookStart.function, [inputName: input, QuantizerWriter.picks: picks])
    }

    /// Of the function `tokenize`: `image` or `labels`.
    package var inputName: String {
        let tokenize = module.function(FourMFunction.tokenize)
        return tokenize?.inputs.first.flatMap { tokenize?.inputName(of: $0) } ?? ""
    }

    /// Inputs of ``VQVAELoss``'s function.
    /// - Parameter picks: rows for dead codes, used where the quantizer takes such.
    package func inputs(_ input: Tensor, picks: @autoclosure () -> Tensor) -> [String: Tensor] {
        var inputs = [inputName: input]
        if quantizer.takesPicks { inputs[QuantizerWriter.picks] = picks() }
        return inputs
    }

    private static func widened(_ constant: Constant) -> Constant {
        guard [.f16, .bf16, .f64].contains(constant.type.dtype), let tensor = constant.tensor else { return constant }
        return Constant(key: constant.key, Tensor(tensor.floats, tensor.shape))
    }

    private static func constant(_ buffer: CodebookKey, _ checkpoint: Checkpoint, _ settings: QuantizerSettings) throws -> Constant {
        let shape =
            switch buffer {
            case .embed, .sums: [settings.size, settings.latent]
            case .clusterSize: [settings.size]
            case .isStarted: [1]
            }
        guard let found = checkpoint.tensors[buffer.key] else {
            if buffer == .isStarted { return Constant(key: buffer.key, Tensor([Float(1)], [1])) }
            throw FourMError(
                "\(checkpoint.name) has no tensor '\(buffer.key)', with which its codebook goes on; give a checkpoint as ml-4m saves it, or start "
                    + "from new weights")
        }
        guard found.type == TensorType(.f32, shape.map { Dim($0) }), found.bytes != nil else {
            throw FourMError("\(checkpoint.name): tensor '\(buffer.key)' is \(found.type), not f32\(shape)")
        }
        return found
    }
}
