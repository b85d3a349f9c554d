import FourMSettings

extension EmbeddingIndex {
    /// A file that was found.
    package struct Hit: Hashable, Sendable {
        /// Path below the index's folder.
        package let name: String
        /// Cosine of the angle to the query, -1…1.
        package let score: Double
    }

    /// The `count` files whose vectors point most nearly in the direction of Σ weight · query / |query|, best first; of equal
    /// ones the first by name.
    ///
    /// Encoder features all share one large part, beside which what tells photos apart is small; so their directions are seen from
    /// the mean of the index. Predicted global features are compared as they are.
    /// - Throws: ``FourMError`` for a query of another size.
    package func nearest(to queries: [(vector: [Float], weight: Double)], count: Int) throws -> [Hit] {
        if let query = queries.first(where: { $0.vector.count != dim }), !vectors.isEmpty {
            throw FourMError("the query has \(query.vector.count) numbers where the index has \(dim); it was made by another model")
        }
        let origin = recipe.method == .features && vectors.count > 1 ? mean : [Float](repeating: 0, count: dim)
        func seen(_ vector: [Float]) -> [Float] { zip(vector, origin).map { $0 - $1 } }
        let direction = Cosine.combination(queries.map { seen($0.vector) }, weights: queries.map(\.weight))
        let hits = zip(files, vectors).map { Hit(name: $0.name, score: Cosine.similarity(seen($1), direction)) }
        return Array(hits.sorted { ($1.score, $0.name) < ($0.score, $1.name) }.prefix(max(count, 0)))
    }

    private var mean: [Float] {
        var sums = [Double](repeating: 0, count: dim)
        for vector in vectors { for index in sums.indices { sums[index] += Double(vector[index]) } }
        return sums.map { Float($0 / Double(max(vectors.count, 1))) }
    }
}

/// Vectors by their directions.
package enum Cosine {
    /// Cosine of the angle between two vectors; 0 where one has no direction or numbers that are not finite.
    package static func similarity(_ a: [Float], _ b: [Float]) -> Double {
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
    package static func combination(_ vectors: [[Float]], weights: [Double]) -> [Float] {
        var sum = [Double](repeating: 0, count: vectors.first?.count ?? 0)
        for (vector, weight) in zip(vectors, weights) {
            let length = vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            guard length > 0, length.isFinite else { continue }
            for index in sum.indices where index < vector.count { sum[index] += weight * Double(vector[index]) / length }
        }
        return sum.map { Float($0) }
    }
}
