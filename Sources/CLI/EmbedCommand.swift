import ArgumentParser
import Foundation
import FourM
import FourMData
import Jobs
import Passes

/// `tessera embed`
struct EmbedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Make an index of a folder of photos, for 'search'.",
        discussion: """
            Of each photo the model predicts the tokens of a global feature modality (DINOv2 or ImageBind), whose tokenizer turns them \
            into one vector. Since the model predicts the same from captions, depth and all its other inputs, 'tessera search' finds \
            photos by any of them.

            A model without such a modality can take --features: the mean of the encoder's output. Photos then find photos that look \
            alike to the encoder, and nothing but photos.

            Files that cannot be read are skipped and named; the exit code is then 1. An index that is there is completed: photos already in it are kept, changed ones embedded again, missing ones dropped. \
            Ctrl-C keeps what is done.

            Examples:
              tessera embed 4M-21 photos/ -o photos.safetensors --target tok_imagebind_global
              tessera embed Models/shapes photos/ -o photos.safetensors --features
              tessera embed 4M-21 depth-maps/ -o depth.safetensors --modality tok_depth@224
            """)

    @Argument(help: ArgumentHelp("Bundle folder with a bundle.yaml; with --features also a 4M model by itself.", valueName: "bundle"))
    var bundle: String

    @Argument(help: ArgumentHelp("Folder of photos; subfolders are searched too.", valueName: "folder"))
    var folder: String

    @Option(name: .shortAndLong, help: ArgumentHelp("Index to write or complete, .safetensors.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("Global feature modality; default: the first that the bundle has a tokenizer for.", valueName: "modality"))
    var target: String?

    @Flag(help: "Pooled encoder features instead of a global feature modality.")
    var features = false

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Temperature of the predicted tokens; 0 takes the most probable ones; default \(EmbeddingSampling().temperature).",
            valueName: "t"),
        transform: OptionValue.number("a number from 0") { $0 >= 0 })
    var temperature: Double?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp(
            "Keep the most probable tokens up to this share of probability; default \(EmbeddingSampling().topP).", valueName: "p"),
        transform: OptionValue.number(0...1))
    var topP: Double?

    @Option(parsing: .unconditional, help: "Seed of the predicted tokens; default 0.", transform: OptionValue.seed)
    var seed: UInt64?

    @Flag(help: "Print what was done as JSON.")
    var json = false

    @OptionGroup var photos: PhotoOptions
    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var global: GlobalOptions

    struct Report: Encodable {
        let file, method, modality: String
        let files, dim, embedded, kept: Int
        let skipped: [String]
    }

    func validate() throws {
        if output == "-" { throw ValidationError("--output - cannot be: an index is read and completed; name a .safetensors file") }
        guard output.hasSuffix(".safetensors") else { throw ValidationError("--output must end in .safetensors, not '\(output)'") }
        guard !features || target == nil else { throw ValidationError("--features and --target exclude each other") }
        let sampling: [(String, Bool)] = [
            ("--temperature", temperature != nil), ("--top-p", topP != nil), ("--seed", seed != nil),
        ]
        if features, let flag = sampling.first(where: \.1)?.0 {
            throw ValidationError("\(flag) is for predicted tokens; --features predicts none")
        }
    }

    func run() throws {
        try global.apply()
        try FlagName.checkFile("--output", output)
        let loaded = try ModelOrBundle.load(bundle, compute.policy)
        loaded.onLoad = { what in global.note("loading \(what)") }
        _ = try PhotoFolder(folder, arrays: true)
        let method = try method(loaded)
        let modality = try loaded.input(photos.modality)
        let embedder = try Embedder(loaded, method, inputs: [modality])
        embedder.sampling.temperature = temperature ?? embedder.sampling.temperature
        embedder.sampling.topP = topP ?? embedder.sampling.topP
        embedder.sampling.seed = seed ?? embedder.sampling.seed
        embedder.ignoresOrientation = photos.ignoreOrientation
        let builder = try IndexBuilder(embedder, modality: modality)
        let (outcome, skipped) = try run(builder)
        let report = Report(
            file: output, method: method.target ?? "features", modality: modality, files: outcome.index.files.count,
            dim: outcome.index.dim, embedded: outcome.embedded, kept: outcome.kept, skipped: outcome.skipped)
        if json {
            try Output.writeJSON(report)
        } else {
            let counts = "\(report.embedded) new, \(report.kept) kept\(skipped.summary)"
            Output.line("\(output): \(report.files) vectors of \(report.dim) (\(counts))")
        }
        try skipped.fail(of: report.files + skipped.count)
    }

    private func run(_ builder: IndexBuilder) throws -> (IndexBuilder.Outcome, SkippedInputs) {
        builder.batchSize = photos.batch
        let bar = ProgressBar("embedding")
        builder.onProgress = { name, share in bar.update(share, detail: name) }
        var skipped = SkippedInputs()
        builder.onSkip = { skipped.add($0, Refusal.text(of: $1)) }
        let outcome = try builder.run(folder: folder, output: output)
        bar.finish()
        if !outcome.leftOut.isEmpty { Terminal.note("\(folder): left out \(outcome.leftOut)") }
        skipped.tell(Terminal.warn)
        return (outcome, skipped)
    }

    /// - Throws: `TesseraError` for a bundle without tokenizers of global features.
    private func method(_ bundle: LoadedBundle) throws -> EmbeddingMethod {
        if features { return .features }
        if let target { return .global(target: try bundle.target(target)) }
        let known = ["tok_dinov2_global", "tok_imagebind_global"]
        guard let target = known.first(where: { bundle.bundle.hasTokenizer($0) }) else {
            throw Refusal.content(
                "bundle '\(bundle.bundle.name)' has no tokenizer of \(known.joined(separator: " or ")); with --features photos find "
                    + "photos by the encoder's own features")
        }
        return .global(target: target)
    }
}
