/// A model that cannot be compiled as it is asked for; names what, and says what to do.
package struct CompilationError: Error, Sendable, CustomStringConvertible, Equatable {
    /// Whose fault it is.
    package enum Cause: Sendable {
        /// Of what was asked.
        case request
        /// Of what is in the model's file.
        case content
    }

    package let description: String
    package let cause: Cause

    package init(_ description: String, _ cause: Cause = .request) { (self.description, self.cause) = (description, cause) }
}
