import IR
import TestSupport
import Testing

@testable import Runtime

@Suite struct DenseAlgebraTests {
    @Test(arguments: [1, 2, 7, 33]) func theFactorIsThatOfTheInverse(n: Int) {
        // Σ x xᵀ of more vectors than dimensions.
        var draw = SampleTensors(seed: 3)
        let x = draw.floats([n + 5, n]).doubles
        var a = [Double](repeating: 0, count: n * n)
        for i in 0..<n { for j in 0..<n { a[i * n + j] = (0..<n + 5).reduce(i == j ? 0.1 : 0) { $0 + x[$1 * n + i] * x[$1 * n + j] } } }
        var u = a
        #expect(DenseAlgebra.factorInverse(&u, n))
        for i in 0..<n {
            for j in 0..<n {
                // (Uᵀ U) A = I
                let sum = (0..<n).reduce(0.0) { sum, p in
                    sum + (0...min(i, p)).reduce(0.0) { $0 + u[$1 * n + i] * u[$1 * n + p] } * a[p * n + j]
                }
                #expect(abs(sum - (i == j ? 1 : 0)) < 1e-9)
            }
        }
    }

    @Test func whatIsNotPositiveDefiniteHasNone() {
        var a: [Double] = [1, 2, 2, 1]
        #expect(!DenseAlgebra.factorInverse(&a, 2))
    }

    @Test func products() {
        let (a, b): ([Float], [Float]) = ([1, 2, 3, 4, 5, 6], [1, 0, 2, 1, 0, 3])
        #expect(DenseAlgebra.product(2, 2, 3, a, b) == [5, 11, 14, 23])
        var c: [Float] = [10, 10, 10, 10, 10, 10]
        // Columns 1 and 2 of three.
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                c.withUnsafeMutableBufferPointer { c in
                    guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
                    DenseAlgebra.subtractProduct(2, 2, 3, a, 3, b, 2, from: c + 1, 3)
                }
            }
        }
        #expect(c == [10, 5, -1, 10, -4, -13])
        #expect(DenseAlgebra.product(0, 2, 3, a, b).isEmpty)
    }
}
