import IR

/// Draws tensors for samples and tests; each call gives other numbers, each run the same ones.
package struct SampleTensors: Sendable {
    private var random: SeededRandom

    package init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// Uniform floats of `range`, already rounded to `dtype`.
    package mutating func floats(
        _ shape: [Int], _ range: ClosedRange<Double> = -2...2, as dtype: DType = .f32
    ) -> Tensor {
        Tensor((0..<count(shape)).map { _ in Double.random(in: range, using: &random) }, shape, as: dtype)
    }

    package mutating func integers(_ shape: [Int], _ range: ClosedRange<Int> = -9...9, as dtype: DType = .i64) -> Tensor {
        Tensor(integers: (0..<count(shape)).map { _ in Int.random(in: range, using: &random) }, shape, as: dtype)
    }

    /// About a third of the elements are true.
    package mutating func bools(_ shape: [Int]) -> Tensor {
        Tensor(bools: (0..<count(shape)).map { _ in Int.random(in: 0..<3, using: &random) == 0 }, shape)
    }

    /// Different indices below `size` in random order.
    package mutating func permutation(_ count: Int, below size: Int, as dtype: DType = .i64) -> Tensor {
        Tensor(integers: Array((0..<size).shuffled(using: &random).prefix(count)), [count], as: dtype)
    }

    private func count(_ shape: [Int]) -> Int { shape.reduce(1, *) }
}
