import ArgumentParser

/// `tessera train`
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train the parts of a model: by now the text tokenizer.",
        discussion: """
            What it writes is what ml-4m's own training writes, and is read by both.

            Examples:
              tessera train wordpiece captions.txt -o tokenizer.json
              tessera train wordpiece --help
            """,
        subcommands: [TrainWordPieceCommand.self])
}
