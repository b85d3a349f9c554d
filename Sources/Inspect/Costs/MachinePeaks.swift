import Runtime

/// What this machine does at most, by measurement.
package struct MachinePeaks: Sendable, Encodable {
    /// Operations a second of products whose factors are f32, bf16 and 8-bit integers; a multiply-add counts two. nil where they cannot be
    /// measured.
    package let f32Flops, bf16Flops, i8Ops: Double?
    /// That all threads together read from memory in a second.
    package let bytesPerSecond: Double
    package let threads: Int

    package init(f32Flops: Double?, bf16Flops: Double?, i8Ops: Double?, bytesPerSecond: Double, threads: Int) {
        (self.f32Flops, self.bf16Flops, self.i8Ops) = (f32Flops, bf16Flops, i8Ops)
        (self.bytesPerSecond, self.threads) = (bytesPerSecond, threads)
    }

    /// On the threads and instruction set in use. Takes about 0.15 seconds.
    package static func measured() -> MachinePeaks {
        MachinePeaks(
            f32Flops: Machine.measuredPeak(.f32), bf16Flops: Machine.measuredPeak(.bf16), i8Ops: Machine.measuredPeak(.i8),
            bytesPerSecond: Machine.measuredBandwidth(), threads: Machine.threads)
    }

    /// Operations a second of products of that kind.
    package func operations(_ kind: NodeCost.Product) -> Double? {
        switch kind {
        case .f32: f32Flops
        case .bf16: bf16Flops
        case .i8: i8Ops
        }
    }
}
