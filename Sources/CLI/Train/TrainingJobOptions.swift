import ArgumentParser
import TrainingJobs

/// Options of every training that runs as a job.
struct TrainingJobOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Folder for model, checkpoints, logs and samples; one that is there only with --resume.", valueName: "folder"))
    var output: String?

    @Flag(help: "Go on from the newest checkpoint in the output, if there is one; the result has the same bits as without the stop.")
    var resume = false

    @Flag(help: "Say what memory, time and disk it will take, and train nothing.")
    var dryRun = false

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Batches between two lines of the log; default 10.", valueName: "n"),
        transform: OptionValue.whole(1...1_000_000))
    var logEvery = 10

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Batches between two checkpoints; default: what the file says, or 500.", valueName: "n"),
        transform: OptionValue.whole(1...1_000_000_000))
    var checkpointEvery: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Batches between two evaluations, 0 for none; default: what the file says, or at each checkpoint.", valueName: "n"),
        transform: OptionValue.whole(0...1_000_000_000))
    var evaluateEvery: Int?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Batches between two sheets of samples, 0 for none; default: at each checkpoint.", valueName: "n"),
        transform: OptionValue.whole(0...1_000_000_000))
    var samplesEvery: Int?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Checkpoints that stay, beside the best model; default 2.", valueName: "n"),
        transform: OptionValue.whole(1...10_000))
    var keep = 2

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Batches that are read ahead; default 2.", valueName: "n"),
        transform: OptionValue.whole(1...1024))
    var prefetch = 2

    @Flag(help: "Print what came of it as JSON.")
    var json = false

    /// What a file of settings says where no flag does.
    struct Defaults {
        var output: String?
        var checkpointEvery, evaluateEvery: Int?
    }

    /// - Throws: `ValidationError` if nothing names the output.
    func folder(_ defaults: Defaults) throws -> String {
        guard let folder = output ?? defaults.output, !folder.isEmpty else {
            throw ValidationError("Name the folder for what comes of it with -o.")
        }
        return folder
    }

    /// - Throws: as ``folder(_:)``.
    func settings(threads: Int?, _ defaults: Defaults) throws -> TrainingJobSettings {
        var settings = TrainingJobSettings(output: try folder(defaults))
        settings.resumes = resume
        settings.logEvery = logEvery
        settings.checkpointEvery = checkpointEvery ?? defaults.checkpointEvery ?? settings.checkpointEvery
        settings.evaluateEvery = evaluateEvery ?? defaults.evaluateEvery
        settings.samplesEvery = samplesEvery
        settings.keep = keep
        settings.prefetch = prefetch
        settings.threads = threads
        return settings
    }
}
