/// Processes that cannot go on together.
package struct ProcessGroupError: Error, Sendable, CustomStringConvertible, Equatable {
    package let description: String
    /// The process that is at fault, if it is known.
    package let rank: Int?

    package init(_ description: String, rank: Int? = nil) { (self.description, self.rank) = (description, rank) }

    /// Nothing came from `rank` for `duration`.
    static func silent(_ rank: Int, _ host: String, _ duration: Duration) -> ProcessGroupError {
        ProcessGroupError("rank \(rank) on \(host) has been silent for \(duration.components.seconds) s: it has ended or hangs", rank: rank)
    }
}
