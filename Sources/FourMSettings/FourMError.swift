/// Wrong use of a model: an unknown modality, ids out of range, rows that do not fit. Names the modality and what to do.
package struct FourMError: Error, Sendable, CustomStringConvertible, Equatable {
    package let description: String

    package init(_ description: String) { self.description = description }
}
