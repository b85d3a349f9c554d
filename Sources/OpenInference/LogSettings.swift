import Synchronization

/// What the server logs, as clients see and change it while it runs.
package final class LogSettings: Sendable {
    /// Kinds of lines that are written.
    package struct Levels: Sendable, Equatable {
        /// What happens.
        package var info = true
        /// What may be wrong.
        package var warning = true
        /// What failed.
        package var error = true
        /// 1 for lines for developers as well; 0 for none of them.
        package var verbose = 0

        /// Everything but lines for developers.
        package init() {}
    }

    private let current: Mutex<Levels>

    /// Settings that begin with `levels`.
    package init(_ levels: Levels = Levels()) { current = Mutex(levels) }

    /// What is written now.
    package var levels: Levels { current.withLock { $0 } }

    /// Changes what is written; of several that do at once, none undoes the other. All of a change or nothing: an error leaves what was.
    /// - Returns: what is written then.
    @discardableResult
    package func change<Failure: Error>(_ body: (inout Levels) throws(Failure) -> Void) throws(Failure) -> Levels {
        try current.withLock { (levels) throws(Failure) -> Levels in
            var made = levels
            try body(&made)
            levels = made
            return made
        }
    }
}
