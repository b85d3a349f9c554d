/// A training that cannot be set up or go on; names the function, parameter or setting.
package struct TrainingError: Error, Equatable, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = "training: " + description }
}
