import IR

/// Which row of a codebook is the nearest.
struct LatentSearch {
    let settings: QuantizerSettings

    init(_ settings: QuantizerSettings) { self.settings = settings }

    /// i64 `[n]` for rows `[n, latent]` among those of `book` `[codes, latent]`; of equal ones the first.
    func nearest(_ rows: Traced, _ book: Traced) throws -> Traced {
        try best(compared(rows), settings.normalizesCodes ? book.applying(L2Normalize()) : book)
    }

    /// As ``nearest(_:_:)``, of rows and codes that are ready to be compared.
    func best(_ rows: Traced, _ codes: Traced) throws -> Traced {
        let scores = settings.normalizesCodes ? try rows.applying(Linear(), codes) : try negatedDistances(rows, codes)
        return try scores.applying(ArgReduce<ArgMax>(axis: -1))
    }

    /// Rows as they are compared: of unit length for a cosine.
    func compared(_ rows: Traced) throws -> Traced { settings.normalizesCodes ? try rows.applying(L2Normalize()) : rows }

    /// x·e - |e|²/2, which is largest where |x - e|² is smallest.
    private func negatedDistances(_ rows: Traced, _ codes: Traced) throws -> Traced {
        let shift = try codes.squared().sum([1], keepDims: false) * -0.5
        return try rows.applying(Linear(), codes, shift)
    }
}
