/// Wrong use of a model: an unknown modality, ids out of range, rows that do not fit. Names the modality and what to do.
public struct FourMError: Error, Sendable, CustomStringConvertible, Equatable {
    public let description: String

    public init(_ description: String) { self.description = description }
}
