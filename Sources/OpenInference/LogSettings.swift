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
    package var levels: Levels {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }
}
