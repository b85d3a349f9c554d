/// A report, run or job that cannot be had: names the file, tensor, size or function, and what to do.
package struct WorkError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Whose fault it is.
    package enum Cause: Sendable {
        /// Of what was asked.
        case request
        /// Of what is in a file.
        case content
        /// A file or folder that is not there.
        case missing
        /// Memory that is lacking.
        case resources
    }

    package let description: String
    package let cause: Cause

    package init(_ description: String, _ cause: Cause = .request) { (self.description, self.cause) = (description, cause) }

    /// The same with `prefix` and a blank before it, for instance the flag that led to it.
    package func prefixed(_ prefix: String) -> WorkError { WorkError("\(prefix) \(description)", cause) }
}
