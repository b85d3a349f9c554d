import ArgumentParser
import Foundation
import FourM
import Media
import Runtime

/// `tessera generate`
struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Generate any modality from any other.",
        discussion: """
            Takes what is given (--input), generates the targets one after the other, each conditioned on all before it, and writes \
            for each the picture, the raw values (.npy), the tokens (.tokens.npy) and text (.txt), a contact sheet (sheet.png) and \
            result.json, which names every file, setting, seed and timing.

            An input is MODALITY=FILE or MODALITY="text"; a folder, or --input given several times for one modality, makes a batch \
            with one subfolder for each sample. Without --target everything is generated that the model can add.

            Examples:
              tessera generate Models/shapes --input rgb@224=photo.jpg -o out
              tessera generate Models/shapes --input rgb@224=photo.jpg --target caption --target tok_depth@224 -o out
              tessera generate Models/shapes --input caption="a large red sphere on a grey floor" --seed 7 -o out
              tessera generate Models/shapes --input rgb@224=photos/ --temperature 0 --cfg 1 -o out
            """)

    @Argument(
        help: ArgumentHelp("Bundle: a folder with a bundle.yaml, or a YAML file that names model and tokenizers.", valueName: "bundle"))
    var bundle: String

    @Option(
        help: ArgumentHelp("What is given: MODALITY=FILE, MODALITY=FOLDER or MODALITY=\"text\". Repeatable.", valueName: "modality=value"))
    var input: [String] = []

    @Option(help: ArgumentHelp("What to generate, in this order. Repeatable.", valueName: "modality"))
    var target: [String] = []

    @Option(name: .shortAndLong, help: ArgumentHelp("Folder to write to.", valueName: "folder"))
    var output: String

    @Option(help: ArgumentHelp("Generation settings of ml-4m (settings_base/*.yaml).", valueName: "file"))
    var settings: String?

    @Option(help: "Same seed, same result, whatever the number of threads.")
    var seed: UInt64 = 0

    @Flag(help: "Print the result.json of all samples as one list on standard output.")
    var json = false

    @OptionGroup(title: "Sampling, instead of the presets of each target") var sampling: SamplingOptions
    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var global: GlobalOptions

    func run() throws {
        try global.apply()
        let job = GenerateJob(sampling: sampling, global: global, precision: compute.precision)
        let records = try job.run(
            bundle: bundle, inputs: input, targets: target, settingsFile: settings, seed: seed, output: URL(fileURLWithPath: output))
        if json { return try Output.writeJSON(records) }
        for record in records {
            for target in record.targets {
                Output.line("\(target.modality)\t\(target.text ?? target.files["picture"] ?? target.files["tokens"] ?? "")")
            }
        }
        Output.line("written to \(output)")
    }
}

/// Flags that change how targets are sampled and decoded.
struct SamplingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Decoding steps of each image-like target.", valueName: "n"))
    var steps: Int?

    @Option(help: ArgumentHelp("maskgit or roar, for image-like targets.", valueName: "name"))
    var scheme: String?

    @Option(help: ArgumentHelp("Sampling temperature; 0 takes the most probable token.", valueName: "t"))
    var temperature: Double?

    @Option(help: ArgumentHelp("Keep the most probable tokens up to this share of probability.", valueName: "p"))
    var topP: Double?

    @Option(help: ArgumentHelp("Keep this many most probable tokens (a whole number) or this share (with a point).", valueName: "k"))
    var topK: String?

    @Option(help: ArgumentHelp("Scale of classifier-free guidance; 1 turns it off.", valueName: "scale"))
    var cfg: Double?

    @Option(help: ArgumentHelp("Most tokens of a text.", valueName: "n"))
    var maxTokens: Int?

    @Option(help: ArgumentHelp("Denoising steps of diffusion decoders.", valueName: "n"))
    var diffusionSteps: Int?

    @Option(help: ArgumentHelp("ddim or ddpm, for diffusion decoders.", valueName: "name"))
    var diffusionScheduler: String?

    @Flag(help: "Decode pictures with the bundle's faster one-pass decoders.")
    var preview = false

    @Option(help: ArgumentHelp("Samples computed together.", valueName: "n"))
    var batch: Int = 8

    @Flag(help: "Generate each target from the inputs alone, not one after the other.")
    var independent = false

    @Flag(help: "Ignore EXIF orientation, as the reference does.")
    var ignoreOrientation = false

    func validate() throws {
        for (name, value) in [("--steps", steps), ("--max-tokens", maxTokens), ("--diffusion-steps", diffusionSteps), ("--batch", batch)] {
            if let value, !(1...1_000_000).contains(value) {
                throw ValidationError("\(name) must be a whole number from 1 to 1000000, not \(value).")
            }
        }
        if let temperature, !(temperature >= 0 && temperature.isFinite) {
            throw ValidationError("--temperature must be 0 or more, not \(temperature).")
        }
        if let topP, !(0...1).contains(topP) { throw ValidationError("--top-p must be between 0 and 1, not \(topP).") }
        if let cfg, !cfg.isFinite { throw ValidationError("--cfg must be a number, not \(cfg).") }
        if let scheme, !["maskgit", "roar"].contains(scheme) {
            throw ValidationError("--scheme must be maskgit or roar, not '\(scheme)'.")
        }
        if let diffusionScheduler, !["ddim", "ddpm"].contains(diffusionScheduler) {
            throw ValidationError("--diffusion-scheduler must be ddim or ddpm, not '\(diffusionScheduler)'.")
        }
        if let topK, SamplingOptions.parse(topK: topK) == nil {
            throw ValidationError("--top-k must be a count or a share, not '\(topK)'.")
        }
    }

    static func parse(topK: String) -> TopK? {
        if let count = Int(topK) { return count == 0 ? .off : count > 0 ? .count(count) : nil }
        guard let share = Double(topK), share >= 0, share <= 1 else { return nil }
        return share == 0 ? .off : .fraction(share)
    }

    var overrides: SettingOverrides {
        var made = SettingOverrides()
        (made.steps, made.temperature, made.guidance, made.topP, made.maxTokens) = (steps, temperature, cfg, topP, maxTokens)
        made.scheme = scheme.flatMap { DecodingScheme(rawValue: $0) }
        made.topK = topK.flatMap { SamplingOptions.parse(topK: $0) }
        return made
    }

    /// A request with these options.
    func request(seed: UInt64) -> GenerationRequest {
        var request = GenerationRequest()
        request.overrides = overrides
        request.seed = seed
        request.diffusionSteps = diffusionSteps
        request.diffusionScheduler = diffusionScheduler.flatMap { SchedulerKind(rawValue: $0) }
        request.usesPreviewDecoders = preview
        request.ignoresOrientation = ignoreOrientation
        request.isIndependent = independent
        request.batchSize = batch
        return request
    }
}
