import IR

/// Gives codes that are hardly used another row. Their cluster sizes stay, so that they are replaced again as long as nothing finds them.
struct CodebookReplacement {
    let update: CodebookUpdate
    /// After the batch, f32 `[codes]`.
    let clusterSize: Traced

    func applied(to book: Traced) throws -> Traced {
        let settings = update.settings
        guard settings.deadBelow > 0 else { return book }
        let dead = try clusterSize.isLess(than: clusterSize.number(settings.deadBelow))
        // How many dead ones are in front of a code: which of the rows it gets.
        let rank = try dead.cast(to: .i64).applying(CumSum(axis: 0, exclusive: true))
        let source = settings.replacement == .batchRandom ? update.rows : book
        let chosen = try sources().gathered(rank)
        let rows = try source.gathered(chosen).applying(L2Normalize())
        return try dead.reshaped([dead.shape[0], 1]).choosing(rows, else: book)
    }

    /// Row numbers for the first, second, … dead code, i64 `[codes]`.
    ///
    /// The reference adds noise of 1e-10 to rows of the codebook, which single precision rounds away; there is none here.
    private func sources() throws -> Traced {
        let size = update.settings.size
        guard update.settings.replacement == .lindeBuzoGray else {
            return try update.writer.input(QuantizerWriter.picks, .i64, [Dim(size)])
        }
        let sorted = try clusterSize.results(of: TopK(k: size))
        guard sorted.count == 2 else { throw GraphError("top_k has \(sorted.count) results, not 2") }
        return sorted[1]
    }
}
