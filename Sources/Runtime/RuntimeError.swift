/// A failure to plan or run a function; names the function, node or input.
public struct RuntimeError: Error, Sendable, CustomStringConvertible, Equatable {
    public let description: String

    public init(_ description: String) { self.description = description }
}
