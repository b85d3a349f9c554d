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
    package static func measured() -> MachinePeaks { measured([.f32, .bf16, .i8]) }

    /// Of these products alone: each takes some hundredths of a second, and so does the memory.
    package static func measured(_ products: Set<NodeCost.Product>) -> MachinePeaks {
        func peak(_ product: NodeCost.Product, _ type: Machine.ProductType) -> Double? {
            products.contains(product) ? Machine.measuredPeak(type) : nil
        }
        return MachinePeaks(
            f32Flops: peak(.f32, .f32), bf16Flops: peak(.bf16, .bf16), i8Ops: peak(.i8, .i8), bytesPerSecond: Machine.measuredBandwidth(),
            threads: Machine.threads)
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
