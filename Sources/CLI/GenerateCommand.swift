import ArgumentParser
import Foundation
import FourM
import FourMSampling
import FourMSettings
import Inspect
import Jobs
import Media
import Names
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

            An input is MODALITY=FILE or MODALITY="text"; a folder, a pattern such as "photos/*.jpg", or several values of one modality \
            make a batch with one subfolder for each sample. Folders and patterns of several modalities are paired by the names of \
            their files, values given one by one by their order. What cannot be used is skipped and named, and the exit code is 1. \
            Without --target everything is generated that the model can add. A text that is both \
            given and a target is filled in where it says [S_1], [S_2], …; an image-like one where its --mask is white.

            Boxes, metadata, palettes, poses and masks of objects may be JSON. Docs/generation.md lists the forms of every modality.

            --condition WEIGHT:MODALITY=VALUE guides towards its value, with a negative weight away from it; several of one modality \
            are several conditions of the same sample. A bundle with an sr_model then generates the 448-pixel versions as well.

            Examples:
              tessera generate Models/shapes --input rgb@224=photo.jpg -o out
              tessera generate Models/shapes --input rgb@224=photo.jpg --target caption,tok_depth@224 -o out
              tessera generate Models/shapes --prompt "a large red sphere on a grey floor" --seed 7 -o out
              tessera generate Models/shapes --input rgb@224=a.jpg b.jpg c.jpg --target caption -o out
              tessera generate Models/shapes --input rgb@224=photos/ --temperature 0 --cfg 1 --resume -o out
              tessera generate Models/shapes --prompts prompts.txt --variations 3 --target tok_rgb@224 -o out
              tessera generate Models/shapes --condition 2:caption="a red sphere" --condition -1:caption="a cube" -o out
              tessera generate Models/shapes --input caption="a small [S_1] on a grey floor" --target caption -o out
              tessera generate Models/shapes --input tok_rgb@224=photo.jpg --mask tok_rgb@224=hole.png --target tok_rgb@224 -o out
              tessera generate Models/shapes --input det=@boxes.json --target tok_rgb@224 -o out
              tessera generate Models/shapes --input rgb@224=photo.jpg --target caption --stream json -o out
              tessera generate Models/shapes --input rgb@224=photo.jpg --target caption -o out --timeline --trace trace.json
            """)

    @Argument(
        help: ArgumentHelp("Bundle: a folder with a bundle.yaml, or a YAML file that names model and tokenizers.", valueName: "bundle"))
    var bundle: String

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "What is given: MODALITY=FILE, MODALITY=FOLDER, MODALITY=\"*.jpg\" or MODALITY=\"text\"; more values may follow. Repeatable.",
            valueName: "modality=value"))
    var input: [String] = []

    @Option(help: ArgumentHelp("A caption, whatever files are called: --input caption=TEXT. Repeatable.", valueName: "text"))
    var prompt: [String] = []

    @Option(
        help: ArgumentHelp(
            "Hide tokens of an input: a .npy of its tokens (not 0 where hidden) or a picture (white where hidden). Repeatable.",
            valueName: "modality=file"))
    var mask: [String] = []

    @Option(
        parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "Guide towards this with a weight, away from it with a negative one; weight 1 if left out. Repeatable.",
            valueName: "weight:modality=value"))
    var condition: [String] = []

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("With --condition: weight with which each finished target guides the next ones.", valueName: "weight"),
        transform: OptionValue.number())
    var finishedWeight = 1.0

    @Option(
        help: ArgumentHelp("Captions, a sample each: a .txt with one a line, or a .tsv with a column Prompt.", valueName: "file"))
    var prompts: String?

    @Option(help: ArgumentHelp("What to generate, in this order; several with commas. Repeatable.", valueName: "modality"))
    var target: [String] = []

    @Option(name: .shortAndLong, help: ArgumentHelp("Folder to write to.", valueName: "folder"))
    var output: String

    @Option(
        help: ArgumentHelp(
            "Generation settings of ml-4m (settings_base/*.yaml, data/*.yaml). Repeatable; later files win.", valueName: "file"))
    var settings: [String] = []

    @Option(help: ArgumentHelp("Super-resolution settings of ml-4m (settings_sr/*.yaml).", valueName: "file"))
    var srSettings: String?

    @Flag(name: .customLong("no-sr"), help: "Leave out super-resolution although the bundle has an sr_model.")
    var noSuperResolution = false

    @Option(
        parsing: .unconditional, help: "Same seed, same result, whatever the number of threads; default: that of the settings, or 0.",
        transform: OptionValue.seed)
    var seed: UInt64?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Generate each sample this often, each time with other draws.", valueName: "n"),
        transform: OptionValue.whole(1...100_000))
    var variations: Int?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Take at most this many samples.", valueName: "n"),
        transform: OptionValue.whole(1...100_000))
    var limit: Int?

    @Flag(help: "Skip samples whose result.json is there already, made with the same inputs, settings and seed.")
    var resume = false

    @Flag(help: "Remove the results that the output holds: the files that their result.json names.")
    var overwrite = false

    @Option(
        parsing: .unconditional, help: ArgumentHelp("Independent passes over sam_instance that are joined.", valueName: "n"),
        transform: OptionValue.whole(1...100_000))
    var samPasses: Int = 1

    @Option(
        help: ArgumentHelp(
            "Tell of each step as it comes: json for lines on standard output, a folder for pictures of what is there so far, or both.",
            valueName: "json|folder"))
    var stream: [String] = []

    @Flag(help: "Say on standard error where the time went: loading, reading, encoding, each target's steps, decoding, writing.")
    var timeline = false

    @Option(
        help: ArgumentHelp(
            "Write what happened when, as a trace for Perfetto (ui.perfetto.dev) or chrome://tracing; it also holds the timeline as JSON.",
            valueName: "file"))
    var trace: String?

    @Flag(help: "Print the result.json of all samples as one list on standard output.")
    var json = false

    @OptionGroup(title: "Sampling, instead of the presets of each target") var sampling: SamplingOptions
    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if condition.isEmpty, finishedWeight != 1 { throw ValidationError("--finished-weight needs --condition") }
        if sampling.independent, finishedWeight != 1 {
            throw ValidationError("--finished-weight has no effect with --independent: no target sees another")
        }
        if !condition.isEmpty, sampling.cfg != nil {
            throw ValidationError("--cfg is for inputs; the weights of --condition take its place")
        }
        if output == "-" { throw ValidationError("--output must name a folder: several files are written") }
        if noSuperResolution, srSettings != nil { throw ValidationError("--no-sr and --sr-settings exclude each other") }
        _ = try masks()
        if resume, overwrite { throw ValidationError("--resume and --overwrite exclude each other") }
        if !prompt.isEmpty, prompts != nil { throw ValidationError("--prompt and --prompts exclude each other") }
        let targets = try targets()
        if let twice = Dictionary(grouping: targets, by: { $0 }).filter({ $0.value.count > 1 }).keys.min() {
            throw ValidationError("--target \(twice) was given more than once; a target is generated once (--variations N for more)")
        }
        let streaming = try FlagName.typed { try StreamOutput(stream) }
        if let trace, Output.isStandard(trace), json || streaming.writesJSON {
            throw ValidationError("--trace \(trace) and \(json ? "--json" : "--stream json") both write to standard output; take one")
        }
        if json, streaming.writesJSON { throw ValidationError("--json and --stream json both write to standard output; take one") }
    }

    /// Those of all `--target`s, which may be lists with commas.
    private func targets() throws -> [String] {
        try target.flatMap { list in
            let names = list.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
            guard names.allSatisfy({ !$0.isEmpty }) else { throw ValidationError("--target '\(list)' has an empty name") }
            return names
        }
    }

    private func masks() throws -> [String: String] {
        let captions = prompt.isEmpty && prompts == nil ? [] : ["caption"]
        let given = try FlagName.typed { try GenerateInputs.list(input) }.map(\.modality) + captions
        let pairs = try mask.map { argument in
            guard let mask = GenerationInput(argument), !mask.value.isEmpty else {
                throw ValidationError("--mask must be MODALITY=FILE, not '\(argument)'")
            }
            let stem = ModalityWord.stem(of: mask.modality)
            guard given.contains(where: { ModalityWord.stem(of: $0) == stem }) else {
                throw ValidationError("--mask \(mask.modality): that modality is not an --input")
            }
            return (mask.modality, mask.value)
        }
        return try Dictionary(pairs) { _, _ in throw ValidationError("--mask was given twice for one modality") }
    }

    func run() throws {
        try global.apply()
        try FlagName.checkFolder("--output", output)
        for folder in stream where folder != "json" { try FlagName.checkFolder("--stream", folder) }
        try FlagName.checkFile("--trace", trace)
        var task = GenerateJob.Task(bundle: bundle, output: URL(fileURLWithPath: output))
        task.inputs = try FlagName.typed { try GenerateInputs(input, conditions: condition, prompts: prompts, captions: prompt) }
        task.targets = try targets()
        task.settings = try SettingsFiles(settings, superResolution: srSettings, warn: Terminal.warn)
        task.stream = try StreamOutput(stream)
        (task.seed, task.variations, task.limit, task.resumes) = (seed, variations, limit, resume)
        task.overwrites = overwrite
        (task.finishedWeight, task.samPasses, task.superResolves) = (finishedWeight, samPasses, !noSuperResolution)
        task.masks = try masks()
        let job = GenerateJob(
            sampling.request, precision: compute.policy, listener: global.listener, check: check)
        let results = try timed { try job.run(task) }
        try show(results, task)
        try results.check()
    }

    /// `body`, with its timeline told of and written where that is asked for.
    private func timed<Result>(_ body: () throws -> Result) throws -> Result {
        guard timeline || trace != nil else { return try body() }
        let recorded = Timeline(bundle)
        let result = try recorded.record(body)
        let report = TimelineReport(recorded)
        if timeline { Terminal.write("\n" + report.text(width: Terminal.messageWidth)) }
        if let trace { try FlagName.named("--trace") { try TraceFile(recorded).write(report, to: trace) } }
        return result
    }

    /// Refuses options that the bundle and the targets leave without effect.
    private func check(
        _ base: GenerationSettings, _ second: GenerationSettings?, _ request: GenerationRequest, _ generator: Generator
    ) throws {
        let bundle = generator.bundle.bundle
        try compute.policy.requireFits(bundle)
        if noSuperResolution, bundle.sources.superResolutionModel == nil {
            throw ValidationError("--no-sr: bundle '\(bundle.name)' names no sr_model; there is no super-resolution to leave out")
        }
        if samPasses > 1, !base.targets.contains(where: { $0.target == "sam_instance" }) {
            throw ValidationError("--sam-passes is for the target sam_instance, which is not generated")
        }
        if finishedWeight != 1, base.targets.count == 1 {
            throw ValidationError("--finished-weight has no effect with one target: none is finished before it")
        }
        let given = Set(request.inputs.map(\.modality) + request.conditions.map(\.modality))
        let known = try generator.bundle.modalities()
        if sampling.ignoreOrientation, given.allSatisfy({ known[$0]?.isSequence == true }) {
            throw ValidationError("--ignore-orientation is for pictures; none is given")
        }
        try sampling.check(base, second, request, generator)
    }

    /// An entry of `--json`'s list.
    private enum Entry: Encodable {
        case record(ResultWriter.Record)
        case skipped(SkippedSample)

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .record(let record): try record.encode(to: encoder)
            case .skipped(let sample): try sample.encode(to: encoder)
            }
        }
    }

    private func show(_ results: GenerateJob.Results, _ task: GenerateJob.Task) throws {
        if json { return try Output.writeJSON(results.records.map(Entry.record) + results.skipped.map(Entry.skipped)) }
        if task.stream.writesJSON { return }
        for record in results.records {
            let folder = (record.folder ?? "").isEmpty ? "" : (record.folder ?? "") + "\t"
            for target in record.targets {
                let text = target.text ?? target.files["picture"] ?? target.files["tokens"] ?? ""
                Output.line("\(folder)\(target.modality)\t\(ForeignText.escaped(text))")
            }
        }
        Output.line("written to \(output)")
    }
}
