/// A failure to plan or run a function; names the function, node or input.
package struct RuntimeError: Error, Sendable, CustomStringConvertible, Equatable {
    package let description: String

    package init(_ description: String) { self.description = description }
}
