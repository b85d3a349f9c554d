import Foundation

/// Runs hold it together, changes of the machine's settings hold it alone: packed weights and scratch memory are those of the
/// instruction set that a run began with.
final class SettingsLock: @unchecked Sendable {
    static let shared = SettingsLock()

    private let lock = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)

    private init() { pthread_rwlock_init(lock, nil) }

    func whileUnchanged<Result>(_ body: () throws -> Result) rethrows -> Result {
        pthread_rwlock_rdlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        return try body()
    }

    func change<Result>(_ body: () -> Result) -> Result {
        pthread_rwlock_wrlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        return body()
    }
}
