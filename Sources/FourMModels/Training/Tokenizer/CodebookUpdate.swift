import IR

/// What a batch makes of a codebook that moving averages train.
struct CodebookUpdate {
    let settings: QuantizerSettings
    let writer: LossWriter
    /// f32 `[n, latent]`.
    let rows: Traced
    /// The code of each, i64 `[n]`.
    let codes: Traced

    /// Added to cluster sizes, so that none is 0.
    private static let smoothing = 1e-5

    func buffers() throws -> [(key: CodebookKey, value: Traced)] {
        let compared = try LatentSearch(settings).compared(rows)
        let (counts, sums) = try CodebookUpdate.gathered(compared, codes, Dim(settings.size))
        let clusterSize = try averaged(.clusterSize, counts)
        var made: [(key: CodebookKey, value: Traced)] = [(.clusterSize, clusterSize), (.isStarted, try clusterSize.filled([1], 1))]
        let moved: Traced
        if settings.normalizesCodes {
            moved = try cosine(counts, sums)
        } else {
            let average = try averaged(.sums, sums)
            made.append((.sums, average))
            moved = try CodebookUpdate.column(average, smoothed(clusterSize), /)
        }
        made.append((.embed, try CodebookReplacement(update: self, clusterSize: clusterSize).applied(to: moved)))
        return made
    }

    /// How many rows each code has, f32 `[codes]`, and their sum, `[codes, latent]`; added in the order of the rows.
    static func gathered(_ rows: Traced, _ codes: Traced, _ size: Dim) throws -> (counts: Traced, sums: Traced) {
        let ones = try rows.filled([rows.shape[0], 1], 1)
        return (try ones.scatteredRows(codes, rows: size).reshaped([size]), try rows.scatteredRows(codes, rows: size))
    }

    /// Codes with rows move towards the direction of their sum, others towards their own; lengths move towards 1.
    private func cosine(_ counts: Traced, _ sums: Traced) throws -> Traced {
        let old = try writer.constant(CodebookKey.embed.key)
        let (directions, own) = (try CodebookUpdate.direction(counts, sums), try old.applying(L2Normalize()))
        return try averaged(.embed, CodebookUpdate.used(counts).choosing(directions, else: own))
    }

    /// The mean of each code's rows, of unit length.
    static func direction(_ counts: Traced, _ sums: Traced) throws -> Traced { try mean(counts, sums).applying(L2Normalize()) }

    /// The mean of each code's rows; zeros without any.
    static func mean(_ counts: Traced, _ sums: Traced) throws -> Traced { try column(sums, counts.maximum(counts.number(1)), /) }

    /// Codes that have rows, bool `[codes, 1]`.
    static func used(_ counts: Traced) throws -> Traced { try counts.isGreater(than: 0).reshaped([counts.shape[0], 1]) }

    /// `table` `[codes, latent]` with one number for each row.
    private static func column(_ table: Traced, _ numbers: Traced, _ function: (Traced, Traced) throws -> Traced) throws -> Traced {
        try function(table, numbers.reshaped([numbers.shape[0], 1]))
    }

    /// The moving average that is stored as `key`, after one more value.
    private func averaged(_ key: CodebookKey, _ value: Traced) throws -> Traced {
        try writer.constant(key.key) * settings.decay + value * (1 - settings.decay)
    }

    /// Cluster sizes with a little of the whole for each code, so that their sum stays.
    private func smoothed(_ sizes: Traced) throws -> Traced {
        let all = try sizes.sum([0])
        let share = try (sizes + CodebookUpdate.smoothing) / (all + Double(settings.size) * CodebookUpdate.smoothing)
        return try share * all
    }
}
