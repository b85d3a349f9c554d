import ArgumentParser
import FourMSettings
import TrainingJobs

/// `tessera train divae`
struct TrainDiVAECommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "divae",
        abstract: "Train a tokenizer with a diffusion decoder, from ml-4m's own file.",
        discussion: """
            FILE is a file of ml-4m (cfgs/default/tokenization/divae); data_path names a folder with one for the domain in it (rgb/…), or shards. \
            Keys for GPUs, Weights & Biases and S3 are named and passed over, unknown keys are refused. With freeze_enc the encoder and the codes \
            of full_ckpt, a tokenizer of either kind, stay as they are.

            Examples:
              tessera train divae rgb.yaml -o run
              tessera train divae rgb.yaml -o run --set batch_size=8 --set data_path=pictures
              tessera train divae rgb.yaml -o run --set full_ckpt=tok_rgb.safetensors --set freeze_enc=True
              tessera train divae rgb.yaml -o run --resume
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
            var options = try DiVAEOptions(file: file, setting: set)
            (options.rank, options.ranks, options.threads) = (rank, size, global.threads)
            let task = try DiVAETask(options)
            if rank == 0 { task.notes.forEach(global.listener.note) }
            return task
        }
        runner.tell(task.data.damaged)
    }
}
