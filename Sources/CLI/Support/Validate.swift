import ArgumentParser

/// Checks that several commands make of their options.
enum Validate {
    /// - Throws: `ValidationError` naming the first option that was given and lies outside its range.
    static func wholeNumbers(_ options: [(name: String, value: Int?, range: ClosedRange<Int>)]) throws {
        for case (let name, let value?, let range) in options where !range.contains(value) {
            throw ValidationError("\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound), not \(value).")
        }
    }
}

/// What commands that embed photos have in common.
struct PhotoOptions: ParsableArguments {
    @Option(help: ArgumentHelp("What the inputs are; default: the model's photo modality.", valueName: "name"))
    var modality: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Inputs computed together.", valueName: "n"), transform: OptionValue.whole(1...100_000))
    var batch = 8

    @Flag(help: "Ignore EXIF orientation, as the reference does.")
    var ignoreOrientation = false
}
