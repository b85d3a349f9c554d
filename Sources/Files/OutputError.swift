/// A file that cannot be written; names it and says why.
package struct OutputError: Error, Sendable, Equatable, CustomStringConvertible {
    /// As the user gave it.
    package let path: String
    package let problem: String
    package let cause: Cause

    package enum Cause: Sendable {
        /// No path, or one that leads to something else than a file.
        case request
        /// The folder is not there.
        case missing
        /// The disk is full, or permissions are lacking.
        case resources
    }

    package init(_ path: String, _ problem: String, _ cause: Cause = .resources) {
        (self.path, self.problem, self.cause) = (path, problem, cause)
    }

    package var description: String { "\(path): \(problem)" }
}
