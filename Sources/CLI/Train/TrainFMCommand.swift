import ArgumentParser
import FourMSettings
import TrainingJobs

/// `tessera train fm`
struct TrainFMCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fm",
        abstract: "Train a 4M model by masked modelling, from ml-4m's own files.",
        discussion: """
            FILE is a model file of ml-4m (cfgs/default/4m/models); it names the file of the data sets, which names that of the alphas. Paths are \
            looked up from the working folder. Keys for GPUs, Weights & Biases and S3 are named and passed over, unknown keys are refused.

            Examples:
              tessera train fm run.yaml -o run
              tessera train fm run.yaml -o run --set batch_size=8 --set architecture.dim=128
              tessera train fm run.yaml -o run --resume
              tessera train fm run.yaml -o run --dry-run
            """)

    @Argument(help: "Model file (YAML).", completion: .file(extensions: ["yaml", "yml"]))
    var file: String

    @Option(
        help: ArgumentHelp(
            "A key of the file with another value; points lead into inner mappings. May be given again.", valueName: "key=value"))
    var set: [String] = []

    @OptionGroup var job: TrainingJobOptions
    @OptionGroup var global: GlobalOptions

    func run() throws {
        let task = try TrainingRunner(options: job, global: global).run { rank, size in
            var options = try FMOptions(file: file, setting: set)
            (options.rank, options.ranks, options.threads) = (rank, size, global.threads)
            let task = try FMTask(options)
            if rank == 0 { for note in task.notes { global.listener.note(note) } }
            return task
        }
        let damaged = task.data.damaged
        guard damaged.count > 0 else { return }
        global.listener.warn("\(damaged.count) damaged samples were passed over:")
        for sample in damaged.samples.prefix(10) { global.listener.warn("  \(sample.name): \(sample.reason)") }
    }
}
