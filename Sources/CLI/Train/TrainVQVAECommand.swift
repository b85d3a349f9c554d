import ArgumentParser
import FourMSettings
import TrainingJobs

/// `tessera train vqvae`
struct TrainVQVAECommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vqvae",
        abstract: "Train a VQ-VAE tokenizer, from ml-4m's own file.",
        discussion: """
            FILE is a file of ml-4m (cfgs/default/tokenization/vqvae); data_path names a folder with one for the domain in it (rgb/…), or shards. \
            Keys for GPUs, Weights & Biases and S3 are named and passed over, unknown keys are refused. A perceptual loss is taken of an ONNX model \
            or of text of the IR, which percept_loss_type names.

            Examples:
              tessera train vqvae rgb.yaml -o run
              tessera train vqvae rgb.yaml -o run --set batch_size=8 --set data_path=pictures
              tessera train vqvae rgb.yaml -o run --set percept_loss_type=clip.onnx
              tessera train vqvae rgb.yaml -o run --resume
            """)

    @Argument(help: "File of the training (YAML).", completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Option(
        help: ArgumentHelp(
            "A key of the file with another value; points lead into inner mappings. May be given again.", valueName: "key=value"))
    var set: [String] = []

    @OptionGroup var job: TrainingJobOptions
    @OptionGroup var global: GlobalOptions

    func run() throws {
        let runner = TrainingRunner(options: job, global: global)
        let task = try runner.run { rank, size in
            var options = try VQVAEOptions(file: file, setting: set)
            (options.rank, options.ranks, options.threads) = (rank, size, global.threads)
            let task = try VQVAETask(options)
            if rank == 0 { task.notes.forEach(global.listener.note) }
            return task
        }
        runner.tell(task.data.damaged)
    }
}
