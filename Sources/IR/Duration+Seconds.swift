extension Duration {
    /// In seconds, as far as a `Double` holds them.
    package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }

    /// Whole nanoseconds; durations of runs fit easily.
    package var nanoseconds: UInt64 {
        UInt64(clamping: components.seconds) &* 1_000_000_000 &+ UInt64(clamping: components.attoseconds / 1_000_000_000)
    }
}
