import Digests
import IR

extension CounterRandom {
    /// A stream of its own for a name, e.g. a modality.
    package func substream(_ name: String) -> CounterRandom {
        let digest = SHA256.digest(of: Array(name.utf8))
        return substream(digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }
}
