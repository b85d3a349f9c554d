extension MachinePeaks {
    /// The higher of two measurements of each: what else the machine does can only make them lower.
    package func best(_ other: MachinePeaks) -> MachinePeaks {
        func higher(_ a: Double?, _ b: Double?) -> Double? { [a, b].compactMap { $0 }.max() }
        return MachinePeaks(
            f32Flops: higher(f32Flops, other.f32Flops), bf16Flops: higher(bf16Flops, other.bf16Flops), i8Ops: higher(i8Ops, other.i8Ops),
            bytesPerSecond: max(bytesPerSecond, other.bytesPerSecond), threads: threads)
    }
}
