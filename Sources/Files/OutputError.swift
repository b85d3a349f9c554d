/// A file that cannot be written; names it and says why.
package struct OutputError: Error, Sendable, Equatable, CustomStringConvertible {
    /// As the user gave it.
    package let path: String
    package let problem: String

    package init(_ path: String, _ problem: String) { (self.path, self.problem) = (path, problem) }

    package var description: String { "\(path): \(problem)" }
}
