import Glibc
import Synchronization

/// Files, and the folders made for them, that belong together: all of them stay, or none where the work is stopped.
package final class OutputGroup: Sendable {
    private let made = Mutex<[String]>([])

    /// Groups that are not complete, for ``removeUnfinished()``.
    private static let open = Mutex<[ObjectIdentifier: OutputGroup]>([:])

    package init() { OutputGroup.open.withLock { $0[ObjectIdentifier(self)] = self } }

    /// Notes that `path` and the folders above it are about to be made. What is there already is not ours and stays; so does a link, and what
    /// it leads to is made.
    package func willMake(_ path: String) {
        var place = (try? OutputPlace.target(of: path)) ?? path
        var missing: [String] = []
        while !place.isEmpty, place != "/", !OutputGroup.isThere(place) {
            missing.append(place)
            guard let slash = place.lastIndex(of: "/") else { break }
            place = String(place[..<slash])
        }
        made.withLock { made in made += missing.reversed().filter { !made.contains($0) } }
    }

    /// Also a link that leads nowhere.
    private static func isThere(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Whether what was noted would go if the process ended now.
    var isOpen: Bool { OutputGroup.open.withLock { $0[ObjectIdentifier(self)] != nil } }

    /// All that was noted stays.
    package func complete() { _ = OutputGroup.open.withLock { $0.removeValue(forKey: ObjectIdentifier(self)) } }

    /// Removes what was noted, the last first; folders only if nothing else is in them.
    package func discard() {
        complete()
        for path in made.withLock({ $0 }).reversed() where unlink(path) != 0 { rmdir(path) }
    }

    static func removeUnfinished() {
        for group in open.withLock({ Array($0.values) }) { group.discard() }
    }
}
