/// How often n-grams of a pool occur.
package struct NgramCounts: Operator {
    package static let opName = "ngram_counts"

    package static let documentation = OperatorDocumentation(
        "Counts, row by row, the n-grams of a pool whose tokens stand one or more places apart.",
        formula: "y[r, places[g]] = |{(i, d): x[r, i], x[r, i + d], …, x[r, i + (n - 1)·d] is n-gram g of the pool, 1 ≤ d ≤ skips + 1}|, "
            + "d = 1 for n = 1",
        operands: [
            "x: string, i32 or i64[n] or [rows, n], or one token", "pool: dtype of x, i64 for i32: all 1-grams, then all 2-grams, …",
        ],
        results: ["y: f32[size] or f32[rows, size]"],
        attributes: [
            "shortest": "n of the shortest n-grams that count", "longest": "of the longest", "skips": "tokens that may stand between two",
            "starts": "where 1-grams, 2-grams, … begin in the pool", "places": "position in y of each n-gram of the pool",
            "size": "positions in y",
        ],
        onnx: "TfIdfVectorizer in mode TF; other modes scale its result")

    package let lengths: ClosedRange<Int>
    package let skips: Int
    package let starts: [Int]
    package let places: [Int]
    package let size: Int

    package init(lengths: ClosedRange<Int>, skips: Int, starts: [Int], places: [Int], size: Int) {
        (self.lengths, self.skips, self.starts, self.places, self.size) = (lengths, skips, starts, places, size)
    }

    package init(reading attributes: inout AttributeReader) throws {
        let (shortest, longest) = (try attributes.int("shortest"), try attributes.int("longest"))
        guard shortest >= 1, shortest <= longest else {
            throw AttributeError("ngram_counts counts no n-grams of \(shortest) to \(longest)")
        }
        lengths = shortest...longest
        skips = try attributes.int("skips")
        starts = try attributes.ints("starts")
        places = try attributes.ints("places")
        size = try attributes.int("size")
    }

    package var attributes: Attributes {
        [
            "shortest": .int(lengths.lowerBound), "longest": .int(lengths.upperBound), "skips": .int(skips), "starts": .ints(starts),
            "places": .ints(places), "size": .int(size),
        ]
    }

    package func infer(_ operands: [ValueType?], _ context: inout InferenceContext) throws -> [ValueType] {
        try Check.count(operands, 2...2)
        let (x, pool) = (try Check.tensor(operands, 0, "x"), try Check.tensor(operands, 1, "pool"))
        try Check.rank(x, 0...2, "x")
        try Check.rank(pool, 1...1, "pool")
        guard x.dtype == .string ? pool.dtype == .string : x.dtype.isInteger && pool.dtype == .i64 else {
            throw InferenceError("x (\(x)) has no tokens of the pool (\(pool))")
        }
        guard skips >= 0, size >= 0, places.allSatisfy({ (0..<size).contains($0) }) else {
            throw InferenceError("places must lie in 0 ..< \(size)")
        }
        return [.tensor(TensorType(.f32, x.rank == 2 ? [x.shape[0], Dim(size)] : [Dim(size)]))]
    }

    package func evaluate(_ operands: [Datum?], _ context: inout EvaluationContext) throws -> [Datum] {
        let (x, pool) = (try Check.tensor(operands, 0), try Check.tensor(operands, 1))
        let (tokens, known) = (NgramCounts.tokens(x), NgramCounts.tokens(pool))
        let grams = try numbered(known)
        let rows = x.rank == 2 ? x.shape[0] : 1
        let width = rows == 0 ? 0 : tokens.count / rows
        var counts = [Double](repeating: 0, count: rows * size)
        for row in 0..<rows {
            let line = Array(tokens[(row * width)..<((row + 1) * width)])
            for length in lengths {
                for distance in 1...(length == 1 ? 1 : skips + 1) {
                    for start in 0..<max(width - (length - 1) * distance, 0) {
                        let gram = (0..<length).map { line[start + $0 * distance] }
                        for number in grams[gram] ?? [] { counts[row * size + places[number]] += 1 }
                    }
                }
            }
        }
        return [.tensor(Tensor(counts, x.rank == 2 ? [rows, size] : [size], as: .f32))]
    }

    private enum Token: Hashable {
        case text([UInt8])
        case number(Int)
    }

    private static func tokens(_ tensor: Tensor) -> [Token] {
        tensor.dtype == .string ? tensor.strings.map { .text(Array($0.utf8)) } : tensor.integers.map { .number($0) }
    }

    /// Numbers of the pool's n-grams, of any length.
    private func numbered(_ pool: [Token]) throws -> [[Token]: [Int]] {
        var (table, number): ([[Token]: [Int]], Int) = ([:], 0)
        for (index, start) in starts.enumerated() {
            let end = index + 1 < starts.count ? starts[index + 1] : pool.count
            guard start >= 0, start <= end, end <= pool.count else { throw EvaluationError("starts \(starts) do not lie in the pool") }
            for gram in stride(from: start, to: end - index, by: index + 1) {
                guard number < places.count else { throw EvaluationError("an n-gram of the pool has no place") }
                if lengths.contains(index + 1) { table[Array(pool[gram...(gram + index)]), default: []] = [number] }
                number += 1
            }
        }
        return table
    }
}
