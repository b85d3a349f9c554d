/// A file that cannot be read; names it and says why.
package struct InputError: Error, Sendable, Equatable, CustomStringConvertible {
    /// As the user gave it.
    package let path: String
    package let problem: String
    /// What to do about it.
    package let advice: String
    package let cause: Cause

    package enum Cause: Sendable {
        /// There is nothing at the path.
        case missing
        /// Something else than a file: a folder, a device, a socket, a FIFO that nobody writes to.
        case kind
        /// Its bytes are more, or other, than may be.
        case content
        /// The system refuses to give it.
        case refused
    }

    package init(_ path: String, _ problem: String, _ cause: Cause, advice: String) {
        (self.path, self.problem, self.cause, self.advice) = (path, problem, cause, advice)
    }

    package var description: String { "\(path): \(problem); \(advice)" }
}
