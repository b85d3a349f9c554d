extension EmbeddingIndex {
    /// A file that was found.
    public struct Hit: Hashable, Sendable {
        /// Path below the index's folder.
        public let name: String
        /// Cosine of the angle to the query, -1…1.
        public let score: Double
    }

    /// The `count` files whose vectors point most nearly as `query` does, best first; of equal ones the first by name.
    /// - Throws: ``FourMError`` for a query of another size.
    public func nearest(to query: [Float], count: Int) throws -> [Hit] {
        guard query.count == dim || vectors.isEmpty else {
            throw FourMError("the query has \(query.count) numbers where the index has \(dim); it was made by another model")
        }
        let hits = zip(files, vectors).map { Hit(name: $0.name, score: Cosine.similarity($1, query)) }
        return Array(hits.sorted { ($1.score, $0.name) < ($0.score, $1.name) }.prefix(max(count, 0)))
    }
}

/// Vectors by their directions.
public enum Cosine {
    /// Cosine of the angle between two vectors; 0 where one has no direction or numbers that are not finite.
    public static func similarity(_ a: [Float], _ b: [Float]) -> Double {
        var (dot, left, right) = (0.0, 0.0, 0.0)
        for (x, y) in zip(a, b) {
            dot += Double(x) * Double(y)
            left += Double(x) * Double(x)
            right += Double(y) * Double(y)
        }
        let cosine = dot / (left * right).squareRoot()
        return cosine.isFinite ? cosine : 0
    }

    /// Σ weight · v / |v|: several queries as one. A negative weight leads away from its query.
    /// - Precondition: the vectors have one size; vectors without direction add nothing.
    public static func combination(_ vectors: [[Float]], weights: [Double]) -> [Float] {
        var sum = [Double](repeating: 0, count: vectors.first?.count ?? 0)
        for (vector, weight) in zip(vectors, weights) {
            let length = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            guard length > 0, length.isFinite else { continue }
            for index in sum.indices where index < vector.count { sum[index] += weight * Double(vector[index]) / length }
        }
        return sum.map { Float($0) }
    }
}
