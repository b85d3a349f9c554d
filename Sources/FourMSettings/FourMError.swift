/// A model that cannot do what it is asked, or cannot be given what it is given: an unknown modality, ids out of range, rows that do not fit.
/// Names the modality or file and what to do.
package struct FourMError: Error, Sendable, CustomStringConvertible, Equatable {
    /// Whose fault it is.
    package enum Cause: Sendable {
        /// Of what was asked: a modality, a target, settings that do not go together.
        case request
        /// Of what is in a file or an array.
        case content
        /// Of a model that Tessera itself has built.
        case fault
    }

    package let description: String
    package let cause: Cause

    package init(_ description: String, _ cause: Cause = .content) {
        (self.description, self.cause) = (description, cause)
    }
}
