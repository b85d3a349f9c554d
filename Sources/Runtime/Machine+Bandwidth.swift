import CKernels
import Dispatch
import Foundation
import IR
import Synchronization

extension Machine {
    /// Bytes a second that ``threads`` threads together read from memory: the best of a few walks over a buffer that is larger than the
    /// caches. Takes some hundredths of a second.
    package static func measuredBandwidth() -> Double {
        SettingsLock.shared.whileUnchanged { bandwidth(threads: max(threads, 1)) }
    }

    private static let walks = 4

    private static func bandwidth(threads: Int) -> Double {
        let share = walkedBytes / threads / pageBytes * pageBytes
        let memory = Bytes.large(count: share * threads) { _ in }
        nonisolated(unsafe) let start = memory.pointer
        // Pages that were never written would all be one page of zeros, which stays in the cache.
        DispatchQueue.concurrentPerform(iterations: threads) { _ = memset(start + $0 * share, 0, share) }
        let found = Mutex(0)
        let best = (0..<walks).map { _ in
            ContinuousClock().measure {
                // The C library looks for a byte in the widest vectors that there are, and reads all of the zeros for that.
                DispatchQueue.concurrentPerform(iterations: threads) { thread in
                    if memchr(start + thread * share, 1, share) != nil { found.withLock { $0 += 1 } }
                }
            }.seconds
        }.min()
        guard let best, found.withLock({ $0 }) == 0 else { return 0 }
        return Double(share * threads) / max(best, 1e-9)
    }

    private static let pageBytes = 4096

    /// Twice the last cache, between 64 MiB and 128 MiB: of larger ones a core reaches a part alone, and pages take time to be had.
    private static var walkedBytes: Int {
        let cache = max(Int(sysconf(Int32(_SC_LEVEL3_CACHE_SIZE))), 0)
        return min(max(saturatingMultiply(cache, 2), 64 << 20), 128 << 20)
    }
}
