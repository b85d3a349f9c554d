import IR

/// Which sample a row of a batch is: its draws depend on this alone, not on how samples are batched.
package struct SampleKey: Hashable, Sendable, Codable {
    package var sample: Int
    /// Number of the variation of the same sample.
    package var variation: Int
    /// Number of the pass, for a target that is generated several times and merged.
    package var pass: Int

    package init(sample: Int, variation: Int = 0, pass: Int = 0) {
        self.sample = sample
        self.variation = variation
        self.pass = pass
    }

    /// This row's own stream within `base`. The first variation and the first pass add nothing to the address, so that asking for
    /// more of either leaves the first as it was.
    package func stream(in base: CounterRandom) -> CounterRandom {
        var stream = base.substream(UInt64(clamping: sample))
        if variation > 0 { stream = stream.substream("variation").substream(UInt64(clamping: variation)) }
        if pass > 0 { stream = stream.substream("pass").substream(UInt64(clamping: pass)) }
        return stream
    }
}
