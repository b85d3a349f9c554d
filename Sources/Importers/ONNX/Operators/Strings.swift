import IR

/// Strings.
extension OperatorMapping {
    static let strings: [OperatorMapping] = [
        .one("StringConcat") { try $0.emit(StringConcat(), try $0.input(0), try $0.input(1)) },
        OperatorMapping("StringSplit") { node in
            try node.add(StringSplit(delimiter: try node.string("delimiter", ""), most: try node.int("maxsplit")), try node.input(0))
        },
        .one("StringNormalizer") { node in
            let name = try node.string("case_change_action", "NONE").lowercased()
            guard let casing = StringNormalize.Case(rawValue: name) else { throw NodeProblem("case_change_action '\(name)' is not known") }
            let op = StringNormalize(
                casing, stopWords: try node.strings("stopwords") ?? [], isCaseSensitive: try node.flag("is_case_sensitive", false))
            return try node.emit(op, try node.input(0))
        },
        .one("RegexFullMatch") { node in
            guard let pattern = try node.string("pattern") else { throw NodeProblem("attribute 'pattern' is missing") }
            return try node.emit(RegexFullMatch(pattern), try node.input(0))
        },
        .one("TfIdfVectorizer") { node in try tfIdf(&node) },
    ]

    /// Counts of n-grams, or whether there are any, times a weight for each.
    private static func tfIdf(_ node: inout NodeImport) throws -> ValueID {
        guard let starts = try node.ints("ngram_counts"), let places = try node.ints("ngram_indexes"),
            let shortest = try node.int("min_gram_length"), let longest = try node.int("max_gram_length"), shortest >= 1,
            shortest <= longest,
            let mode = try node.string("mode"), let last = places.max(), last < 1 << 31
        else { throw NodeProblem("attributes that say which n-grams count are missing or wrong") }
        let pool: Tensor
        if let words = try node.strings("pool_strings"), !words.isEmpty {
            pool = Tensor(strings: words, [words.count])
        } else {
            let numbers = try node.ints("pool_int64s") ?? []
            pool = Tensor(integers: numbers, [numbers.count])
        }
        let skips = try node.int("max_skip_count", 0)
        let op = NgramCounts(lengths: shortest...longest, skips: skips, starts: starts, places: places, size: last + 1)
        let counts = try node.emit(op, try node.input(0), try node.constant(pool))
        if mode == "TF" { return counts }
        let found = mode == "IDF" ? try node.cast(try node.compare(Greater.self, counts, 0), to: .f32) : counts
        guard let weights = try node.floats("weights"), !weights.isEmpty else { return found }
        // Weights are those of n-grams; y has them at the n-grams' places.
        var placed = [Double](repeating: 1, count: last + 1)
        for (place, weight) in zip(places, weights) where place >= 0 { placed[place] = weight }
        return try node.binary(Mul.self, found, try node.constant(Tensor(placed, [placed.count], as: .f32)))
    }
}
