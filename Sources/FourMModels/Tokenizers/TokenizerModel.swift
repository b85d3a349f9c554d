import FourMSampling
import FourMSettings
import IR
import Importers
import Media
import Passes
import Runtime

/// A loaded image tokenizer: pixels, class ids or feature maps to tokens and back.
///
/// Reference: `fourm/vq/vqvae.py`, classes VQVAE and DiVAE.
package final class TokenizerModel {
    package let session: Session
    package let metadata: Attributes
    /// The scheduler of the tokenizer's configuration.
    let scheduler: SchedulerKind

    /// - Parameter threads: that its session may use; nil for the cores granted to the process.
    package init(_ plan: Plan, threads: Int? = nil) throws {
        session = Session(plan, threads: threads)
        metadata = plan.module.metadata
        scheduler = SchedulerKind(rawValue: metadata.section(.diffusion).string(.scheduler) ?? "ddpm") ?? .ddpm
        if plan.module.function(FourMFunction.denoise()) != nil {
            _ = try TokenizerModel.configuration(metadata.section(.diffusion), scheduler)
        }
    }

    package func has(_ function: String) -> Bool { session.plan.module.function(function) != nil }

    package var isDiffusion: Bool { has(FourMFunction.denoise()) }

    /// Pixels of one token, height and width.
    package var patch: (height: Int, width: Int) { metadata.pair(.patchSize).map { ($0.0, $0.1) } ?? (16, 16) }

    /// Whether class ids are its input.
    package var takesClasses: Bool { metadata[.labels] != nil }

    /// Whether it treats each place alone, so that a vector is an input.
    package var takesVectors: Bool { metadata.string(.input) == "feature_map" && metadata[.grid] == nil }

    /// Of what is given, and of what diffusion makes.
    package var channels: Int { metadata.integer(.channels) ?? 3 }

    /// How colours are scaled before the encoder; -1…1 where the module does not say.
    package var normalization: PixelNormalization { PixelNormalization(metadata: metadata.section(.normalization)) ?? .minus1To1 }

    /// Native size in pixels, height and width.
    package var imageSize: (height: Int, width: Int)? { metadata.pair(.imageSize).map { ($0.0, $0.1) } }

    /// Tokens i64 [batch, rows, columns], or [batch, codebooks, rows, columns], of `input`: f32 [batch, channels, height, width], or i64
    /// class ids [batch, height, width].
    /// - Throws: ``FourMError`` for a model without encoder, or one that computes values which are not finite: tokens of those are code 0.
    package func tokenize(_ input: Tensor) throws -> Tensor {
        guard has(FourMFunction.tokenize) else { throw FourMError("'\(session.plan.module.name)' has no encoder") }
        let name = input.dtype.isFloat ? "image" : "labels"
        let results = try session.run(FourMFunction.tokenize, [name: input])
        guard let tokens = results["tokens"] else { throw FourMError("'tokenize' has no result 'tokens'", .fault) }
        for (output, values) in results.sorted(by: { $0.key < $1.key }) {
            try values.requireFinite(output, of: FourMFunction.tokenize, session.plan.module.name)
        }
        return tokens
    }

    /// Codes that stand for one place of the grid together; tokens then are [batch, codebooks, rows, columns].
    package var codebooks: Int { max(metadata.integer(.codebooks) ?? 1, 1) }

    /// Tokens as a 4M model has them, one row of ids a sample, in the layout of this tokenizer.
    ///
    /// Several codebooks share one place: 4M's global features and poses are as many tokens as there are codebooks.
    /// - Throws: ``FourMError`` if the number of ids fits neither.
    package func layout(_ rows: [[Int]], grid: (rows: Int, columns: Int)) throws -> Tensor {
        let count = rows.first?.count ?? 0
        let places = count == codebooks ? [1, 1] : [grid.rows, grid.columns]
        let tail = codebooks == 1 ? [grid.rows, grid.columns] : [codebooks] + places
        guard rows.allSatisfy({ $0.count == tail.reduce(1, *) }) else {
            let layout = tail.map(String.init).joined(separator: " × ")
            throw FourMError("\(count) tokens do not fill \(layout) of '\(session.plan.module.name)'")
        }
        return Tensor(integers: rows.flatMap { $0 }, [rows.count] + tail)
    }

    /// What `tokens` stand for: f32 [batch, channels, height, width]. They are i64 [batch, rows, columns], or
    /// [batch, codebooks, rows, columns].
    /// - Throws: ``FourMError`` for tokens that do not fit, and for values that are not finite.
    package func detokenize(_ tokens: Tensor, _ options: DiffusionOptions = DiffusionOptions()) throws -> Tensor {
        try check(tokens)
        let decoded = isDiffusion ? try diffuse(tokens, options) : try decode(tokens)
        try decoded.requireFinite("decoded", of: FourMFunction.detokenize, session.plan.module.name)
        return decoded
    }

    private func decode(_ tokens: Tensor) throws -> Tensor {
        guard has(FourMFunction.detokenize) else { throw FourMError("'\(session.plan.module.name)' has no decoder", .fault) }
        guard let decoded = try session.run(FourMFunction.detokenize, ["tokens": tokens])["decoded"] else {
            throw FourMError("'detokenize' has no result 'decoded'", .fault)
        }
        return decoded
    }

    /// Codes of each codebook: a token is below it.
    package var codebookSize: Int? { metadata.integer(.codebookSize) }

    private func check(_ tokens: Tensor) throws {
        let rank = codebooks > 1 ? 4 : 3
        guard tokens.rank == rank, rank == 3 || tokens.shape[1] == codebooks else {
            let layout = rank == 3 ? "[pictures, rows, columns]" : "[pictures, \(codebooks) codebooks, rows, columns]"
            throw FourMError("tokens of '\(session.plan.module.name)' are \(layout), not \(tokens.shape)")
        }
        guard let size = codebookSize else { return }
        if let wrong = tokens.integers.first(where: { $0 < 0 || $0 >= size }) {
            throw FourMError("token \(wrong) is not in the codebook of \(size) codes of '\(session.plan.module.name)'")
        }
    }
}
