import ArgumentParser

/// `tessera train`
struct TrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train a model: 4M, its tokenizers, any graph with a loss, the text tokenizer.",
        discussion: """
            What it writes for 4M is what ml-4m's own training writes, and is read by both.

            Examples:
              tessera train fm run.yaml -o run
              tessera train vqvae rgb.yaml -o run
              tessera train divae rgb.yaml -o run
              tessera train wordpiece captions.txt -o tokenizer.json
              tessera train graph mlp.onnx --loss 'mse(y,target)' --data data.npz --epochs 20 -o run
              tessera train graph --help
            """,
        subcommands: [
            TrainFMCommand.self, TrainVQVAECommand.self, TrainDiVAECommand.self, TrainGraphCommand.self, TrainWordPieceCommand.self,
        ])
}
