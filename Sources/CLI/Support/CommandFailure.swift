/// A command that cannot do what it was asked: names the file, tensor or flag, says what is wrong and what to do.
///
/// Ends the process with exit code 1. Wrong usage is ArgumentParser's `ValidationError` instead, exit code 2.
struct CommandFailure: Error, CustomStringConvertible, Equatable {
    let description: String

    init(_ description: String) { self.description = description }
}
