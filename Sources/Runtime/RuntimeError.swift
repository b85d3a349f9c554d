/// A failure to plan or run a function; names the function, node or input.
package struct RuntimeError: Error, Sendable, CustomStringConvertible, Equatable {
    /// Whose fault it is.
    package enum Cause: Sendable {
        /// Of what was asked: a function, an input, a size.
        case call
        /// Of the machine, which lacks memory.
        case resources
        /// An operator without a kernel.
        case unsupported
        /// Of the runtime itself.
        case fault
    }

    package let description: String
    package let cause: Cause
    /// Operator and name of the node that failed, if it was one.
    package let node: String?

    package init(_ description: String, _ cause: Cause = .call, node: String? = nil) {
        (self.description, self.cause, self.node) = (description, cause, node)
    }
}
