/// A training job that cannot begin or go on; names the file, flag or setting and says what to do.
package struct TrainingJobError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
