import ArgumentParser

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
