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
        var options = try FMOptions(file: file, setting: set)
        options.threads = global.threads
        let runner = TrainingRunner(options: job, global: global, defaults: try defaults(options.run))
        let task = try runner.run { rank, size in
            (options.rank, options.ranks) = (rank, size)
            let task = try FMTask(options)
            if rank == 0 { task.notes.forEach(global.listener.note) }
            return task
        }
        runner.tell(task.data.damaged)
    }

    /// What the file says of the job, in batches of one process.
    private func defaults(_ run: FMRunSettings) throws -> TrainingJobOptions.Defaults {
        let epoch = try RunLengths(run, processes: 1).stepsPerEpoch
        func batches(_ epochs: Int) -> Int {
            let (count, isTooLarge) = epochs.multipliedReportingOverflow(by: epoch)
            return isTooLarge ? Int.max : count
        }
        return .init(
            output: run.outputFolder, checkpointEvery: batches(run.checkpointEvery), evaluateEvery: batches(run.evaluationEvery))
    }
}
