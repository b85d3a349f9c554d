import IR

/// The start of a codebook from the latents of a first batch, by k-means (`kmeans` of fourm/vq/quantizers/quantize_lucid.py).
package enum CodebookStart {
    /// The name of the function.
    package static let function = "codebook_start"

    /// Times that the means move.
    static let rounds = 10

    /// `module` with a function `codebook_start`: of the input of `tokenize`, and of `codebook.picks`, the rows of the batch that are the first means
    /// (i64 `[codes]`, ``CodebookPicks``). Its results are the codebook's buffers under their keys.
    /// - Throws: ``FourMError`` for a module without an encoder; ``GraphError`` if its functions do not fit.
    package static func added(to module: Module, _ settings: QuantizerSettings) throws -> Module {
        let writer = LossWriter(module, function: function)
        let batch = try TokenizerBatch(writer)
        let rows = try QuantizerWriter(settings: settings, writer: writer).searched(batch.latents)
        let compared = try LatentSearch(settings).compared(rows)
        let first = try compared.gathered(writer.input(QuantizerWriter.picks, .i64, [Dim(settings.size)]))
        let (means, counts) = try self.means(of: compared, from: first, settings)
        for key in CodebookKey.buffers(settings) {
            switch key {
            case .embed, .sums: try writer.output(key.key, means)
            case .clusterSize: try writer.output(key.key, counts)
            case .isStarted: try writer.output(key.key, counts.filled([1], 1))
            }
        }
        return writer.result
    }

    /// Means `[codes, latent]` and how many rows are nearest to each, `[codes]`.
    private static func means(of rows: Traced, from first: Traced, _ settings: QuantizerSettings) throws -> (Traced, Traced) {
        var (means, counts) = (first, try first.zeros([Dim(settings.size)]))
        for _ in 0..<rounds {
            let nearest = try LatentSearch(settings).best(rows, means)
            let (number, sums) = try CodebookUpdate.gathered(rows, nearest, Dim(settings.size))
            let moved = settings.normalizesCodes ? try CodebookUpdate.direction(number, sums) : try CodebookUpdate.mean(number, sums)
            means = try CodebookUpdate.used(number).choosing(moved, else: means)
            counts = number
        }
        return (means, counts)
    }
}
