import CPerf
import Foundation
import Glibc

/// What the processor and the kernel counted while something ran, of all threads together; nil for what they do not tell.
package struct CounterValues: Sendable, Encodable, Equatable {
    package var cycles, instructions, cacheReferences, cacheMisses, taskNanoseconds, pageFaults: Double?

    package static let zero = CounterValues(
        cycles: 0, instructions: 0, cacheReferences: 0, cacheMisses: 0, taskNanoseconds: 0, pageFaults: 0)

    /// Instructions by cycle.
    package var perCycle: Double? {
        guard let cycles, let instructions, cycles > 0 else { return nil }
        return instructions / cycles
    }

    private func combined(_ other: CounterValues, _ join: (Double, Double) -> Double) -> CounterValues {
        func both(_ path: KeyPath<CounterValues, Double?>) -> Double? {
            guard let a = self[keyPath: path], let b = other[keyPath: path] else { return nil }
            return join(a, b)
        }
        return CounterValues(
            cycles: both(\.cycles), instructions: both(\.instructions), cacheReferences: both(\.cacheReferences),
            cacheMisses: both(\.cacheMisses), taskNanoseconds: both(\.taskNanoseconds), pageFaults: both(\.pageFaults))
    }

    package func adding(_ other: CounterValues) -> CounterValues { combined(other, +) }
    /// Counters that had to share the processor are estimates, which may go back a little.
    package func since(_ earlier: CounterValues) -> CounterValues { combined(earlier) { max($0 - $1, 0) } }
}

/// Counters of every thread that the process has now. Threads that start later are not counted.
package final class ThreadCounters {
    private static let events: [(event: cp_event, name: String, path: WritableKeyPath<CounterValues, Double?> & Sendable)] = [
        (CP_CYCLES, "cycles", \.cycles), (CP_INSTRUCTIONS, "instructions", \.instructions),
        (CP_CACHE_REFERENCES, "cache references", \.cacheReferences), (CP_CACHE_MISSES, "cache misses", \.cacheMisses),
        (CP_TASK_CLOCK, "processor time", \.taskNanoseconds), (CP_PAGE_FAULTS, "page faults", \.pageFaults),
    ]

    /// Descriptors of each event that all threads could be given.
    private var descriptors: [(path: WritableKeyPath<CounterValues, Double?> & Sendable, all: [Int32])] = []
    /// What cannot be counted here and why, in a line; nil if all can.
    package private(set) var refusal: String?

    package init() {
        let threads = ThreadCounters.threads()
        var (refused, reasons): ([String], [Int32]) = ([], [])
        for (event, name, path) in ThreadCounters.events {
            let opened = threads.map { cp_open(event, $0) }
            if let failure = opened.first(where: { $0 < 0 }) {
                for descriptor in opened where descriptor >= 0 { cp_close(descriptor) }
                refused.append(name)
                if !reasons.contains(-failure) { reasons.append(-failure) }
            } else if !opened.isEmpty {
                descriptors.append((path, opened))
            }
        }
        guard !refused.isEmpty else { return }
        refusal = "not counted here: \(refused.joined(separator: ", ")) (\(reasons.map(ThreadCounters.reason).joined(separator: "; ")))"
    }

    deinit { for descriptor in descriptors.flatMap(\.all) { cp_close(descriptor) } }

    private static func threads() -> [Int32] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []).compactMap { Int32($0) }.sorted()
    }

    private static func reason(_ number: Int32) -> String {
        switch number {
        case EACCES, EPERM:
            "the kernel does not allow it: kernel.perf_event_paranoid is above 2, or a container's seccomp profile forbids it"
        case ENOENT, EOPNOTSUPP, ENODEV: "this machine shows no such counters, as most virtual machines"
        case ENOSYS: "this system has no perf_event_open"
        default: String(cString: strerror(number))
        }
    }

    /// Counts so far, of all threads.
    package func read() -> CounterValues {
        var values = CounterValues()
        for (path, all) in descriptors {
            var sum = 0.0
            for descriptor in all {
                var value = 0.0
                if cp_read(descriptor, &value) == 0 { sum += value }
            }
            values[keyPath: path] = sum
        }
        return values
    }

    /// Whether anything is counted.
    package var isEmpty: Bool { descriptors.isEmpty }
}
