import COpenBLAS

/// Dense linear algebra on the calling thread, by OpenBLAS where it can be loaded; matrices are row-major.
package enum DenseAlgebra {
    /// The upper triangular U of a⁻¹ = Uᵀ · U, in place of the upper triangle of the symmetric `a`, [n, n]; false if `a` is not positive
    /// definite.
    package static func factorInverse(_ a: inout [Double], _ n: Int) -> Bool {
        precondition(a.count == n * n)
        return a.withUnsafeMutableBufferPointer { buffer in buffer.baseAddress.map { co_inverse_factor(n, $0) != 0 } ?? true }
    }

    /// c -= a · b of matrices [m, k], [k, n] and [m, n] whose rows are `lda`, `ldb` and `ldc` elements apart.
    package static func subtractProduct(
        _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ lda: Int, _ b: UnsafePointer<Float>, _ ldb: Int,
        from c: UnsafeMutablePointer<Float>, _ ldc: Int
    ) {
        co_sgemm_subtract(m, n, k, a, lda, b, ldb, c, ldc)
    }

    /// c = a · bᵀ of matrices [m, k], [n, k] and [m, n] without gaps.
    package static func productTransposed(_ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> [Float] {
        [Float](unsafeUninitializedCapacity: m * n) { c, count in
            if m > 0, n > 0 { co_sgemm(0, 1, m, n, k, a, k, b, k, c.baseAddress, n) }
            count = m * n
        }
    }

    /// c = a · b of matrices [m, k], [k, n] and [m, n] without gaps.
    package static func product(_ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> [Float] {
        [Float](unsafeUninitializedCapacity: m * n) { c, count in
            if m > 0, n > 0 { co_sgemm(0, 0, m, n, k, a, k, b, n, c.baseAddress, n) }
            count = m * n
        }
    }
}
