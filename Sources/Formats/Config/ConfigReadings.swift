import Synchronization

/// The keys that a piece of code asks a configuration for, whether they are there or not.
package final class ConfigReadings: Sendable {
    private let names = Mutex<Set<String>>([])

    @TaskLocal static var current: ConfigReadings?

    init() {}

    func note(_ key: String) { names.withLock { _ = $0.insert(key) } }

    /// Runs `body` and gives the keys at the root of any configuration that it asked for.
    /// - Throws: what `body` throws.
    package static func keys(askedBy body: () throws -> Void) rethrows -> Set<String> {
        let readings = ConfigReadings()
        try $current.withValue(readings, operation: body)
        return readings.names.withLock { $0 }
    }
}
