import IR
import Runtime

/// Σ x xᵀ over the inputs x [k] that a layer was seen with: how much an error of one weight, and of two together, does to its results.
struct SecondMoments {
    let depth: Int
    /// Calls seen.
    private(set) var count = 0
    /// Row-major [k, k].
    private(set) var sums: [Float]

    /// Of nothing.
    init() { (depth, sums) = (0, []) }

    init(depth: Int) {
        self.depth = depth
        sums = [Float](repeating: 0, count: depth * depth)
    }

    /// Adds those of one call, f32 [k, k]; sums that are not finite are left out.
    mutating func add(_ moments: Tensor) {
        guard moments.shape == [depth, depth], moments.dtype == .f32 else { return }
        moments.bytes.buffer.withMemoryRebound(to: Float.self) { source in
            guard source.allSatisfy(\.isFinite) else { return }
            count += 1
            sums.withUnsafeMutableBufferPointer { target in for index in target.indices { target[index] += source[index] } }
        }
    }

    /// Σ over outputs of wᵀ S w, for rows w of `weights` [n, k]: the sum of squares of what the layer gives for the inputs seen. Without any, the sum
    /// of squares of the weights.
    func energy(of weights: [Float]) -> Double {
        if count == 0 || depth == 0 { return weights.reduce(0) { $0 + Double($1) * Double($1) } }
        let rows = weights.count / depth
        let products = weights.withUnsafeBufferPointer { w in
            sums.withUnsafeBufferPointer { s in
                w.baseAddress.flatMap { a in s.baseAddress.map { DenseAlgebra.product(rows, depth, depth, a, $0) } } ?? []
            }
        }
        return zip(products, weights).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    /// U of (S + λ I)⁻¹ = Uᵀ U, row-major [k, k] with zeros below the diagonal; λ is a hundredth of the mean of S's diagonal, ten times as much
    /// for as long as that does not suffice. nil if nothing was seen, or all of it was zero.
    ///
    /// Inputs that were always 0 get a diagonal of the mean: their weights are rounded to the nearest.
    func inverseFactor() -> [Float]? {
        let diagonal = (0..<depth).map { Double(sums[$0 * depth + $0]) }
        let mean = diagonal.reduce(0, +) / Double(max(depth, 1))
        guard count > 0, mean > 0, mean.isFinite else { return nil }
        for damping in [0.01, 0.1, 1] {
            var matrix = sums.map(Double.init)
            for index in 0..<depth {
                matrix[index * depth + index] = (diagonal[index] > 0 ? diagonal[index] : mean) + damping * mean
            }
            if DenseAlgebra.factorInverse(&matrix, depth) {
                return matrix.indices.map { $0 / depth <= $0 % depth ? Float(matrix[$0]) : 0 }
            }
        }
        return nil
    }
}
