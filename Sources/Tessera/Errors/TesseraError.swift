/// Why something could not be done: what kind of failure, what, where, and what to do about it.
public struct TesseraError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it is.
    public let category: ErrorCategory
    /// The whole of it for people: names file, tensor, node or argument, and what to do.
    public let message: String
    /// The file concerned, as the caller named it.
    public let file: String?
    /// The node, tensor or configuration key concerned.
    public let node: String?
    /// What to do about it, where that is told apart from the message.
    public let remedy: String?

    /// An error with what is known of it.
    public init(_ category: ErrorCategory, _ message: String, file: String? = nil, node: String? = nil, remedy: String? = nil) {
        self.category = category
        self.message = message
        self.file = file
        self.node = node
        self.remedy = remedy
    }

    /// As ``message``.
    public var description: String { message }
}

/// `body` with every error as a ``TesseraError``.
package func translatingErrors<Result: ~Copyable>(_ body: () throws -> Result) throws(TesseraError) -> Result {
    do { return try body() } catch { throw TesseraError(error) }
}
