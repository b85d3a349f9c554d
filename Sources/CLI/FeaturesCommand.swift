import ArgumentParser
import Files
import Formats
import Foundation
import FourM
import FourMData
import IR
import Importers
import Inspect
import Jobs
import Media
import Runtime

/// `tessera features`
struct FeaturesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "features",
        abstract: "Use a model as an image encoder: photos to features.",
        discussion: """
            Runs the encoder alone and writes what it makes of each input after its last norm: the mean over the tokens, f32 \
            [inputs, dim], or with --pool none every token, f32 [inputs, tokens, dim]. Photos are cropped to their centre square and \
            resized to the size of the modality. The decoder and the embeddings of other modalities are not loaded. The model may be a \
            bundle, a 4M checkpoint, or an encoder by itself (the reference's FMViT).

            --output - writes to standard output, as .npy unless --format says otherwise. Inputs that cannot be read are skipped and named; the exit code is then 1.

            An output that ends in .safetensors holds the tensor 'features', and the names of the inputs as a JSON list in its metadata.

            Examples:
              tessera features Models/shapes photo.jpg -o features.npy
              tessera features 4M-21_B photos/ -o features.safetensors
              tessera features 4M-21_B photo1.jpg photo2.jpg --pool none -o tokens.npy
            """)

    enum Pool: String, ExpressibleByArgument, CaseIterable { case mean, none }

    @Argument(help: ArgumentHelp("Bundle folder, or .safetensors file, folder or shard index of a 4M model.", valueName: "model"))
    var model: String

    @Argument(help: ArgumentHelp("Photos, folders of photos, patterns; for other modalities what 'generate' takes.", valueName: "photo"))
    var inputs: [String]

    @Option(help: "Mean over the tokens, or every token.")
    var pool = Pool.mean

    @Option(name: .shortAndLong, help: ArgumentHelp("File to write, .npy or .safetensors, or - for standard output.", valueName: "file"))
    var output: String

    @Option(help: "Format of an output whose name does not tell it; default for standard output: npy.")
    var format: Format?

    enum Format: String, ExpressibleByArgument, CaseIterable { case npy, safetensors }

    @Flag(help: "Print what was written as JSON.")
    var json = false

    @OptionGroup var photos: PhotoOptions
    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var global: GlobalOptions

    struct Report: Encodable {
        let file, modality, pool: String
        let shape: [Int]
        let names, skipped: [String]
    }

    /// Rows of the inputs that could be read, and their names.
    private struct Rows {
        var names: [String] = []
        var shape: [Int] = []
        var values: [Float] = []
        var skipped = SkippedInputs()
        var unread: [String] = []

        var tensor: Tensor { Tensor(values, [names.count] + shape) }
    }

    func validate() throws {
        _ = try OutputFormat.of(output, format, standard: .npy)
        try OutputFormat.check(output, json: json)
    }

    func run() throws {
        try global.apply()
        try FlagName.checkFile("--output", output)
        let bundle = try ModelOrBundle.load(model, compute.policy)
        bundle.onLoad = { what in global.note("loading \(what)") }
        let modality = try bundle.input(photos.modality, isArray: inputs.allSatisfy { $0.hasSuffix(".npy") })
        let names = try files(of: modality)
        let embedder = try Embedder(bundle, .features, inputs: [modality])
        embedder.ignoresOrientation = photos.ignoreOrientation
        let rows = try compute(names, modality, embedder)
        let features = rows.tensor
        try write(features, rows.names, modality)
        let report = Report(
            file: output, modality: modality, pool: pool.rawValue, shape: features.shape, names: rows.names, skipped: rows.unread)
        let plan = embedder.model.session.plan
        global.note("weights \(Human.bytes(plan.weightBytes)), working memory \(Human.bytes(embedder.model.session.peakArenaBytes))")
        if json {
            try Output.writeJSON(report)
        } else {
            let shape = features.shape.map(String.init).joined(separator: " × ")
            OutputFormat.say("\(output): features \(shape) of \(modality)\(rows.skipped.summary)", beside: output)
        }
        try rows.skipped.fail(of: names.count)
    }

    /// The pictures of folders and patterns; anything else stands for itself.
    private func files(of modality: String) throws -> [String] {
        let takesTexts = InputFiles.isText(modality)
        for input in inputs { try FlagName.typed { try InputFiles.check(input, of: modality) } }
        let suffixes = takesTexts ? ["txt", "json"] : ImageFormat.suffixes
        let list = try InputList(inputs, suffixes: suffixes, entersSubfolders: true, takesTexts: takesTexts)
        for line in list.leftOut { Terminal.note(line) }
        return list.files
    }

    /// - Throws: the first input's error if none can be read.
    private func compute(_ names: [String], _ modality: String, _ embedder: Embedder) throws -> Rows {
        var rows = Rows()
        var firstFailure: (any Error)?
        let bar = ProgressBar("encoding")
        for start in stride(from: 0, to: names.count, by: photos.batch) {
            let part = Array(names[start..<min(start + photos.batch, names.count)])
            for (name, result) in zip(part, try FileByFile.map(part) { try features($0, modality, embedder) }) {
                switch result {
                case .success(let row): try add(row, name, &rows, of: names.count)
                case .failure(let error):
                    firstFailure = firstFailure ?? error
                    rows.unread.append(name)
                    rows.skipped.add(name, Refusal.text(of: error))
                }
            }
            bar.update(Double(start + part.count) / Double(names.count), detail: part.last ?? "")
        }
        bar.finish()
        if rows.names.isEmpty, let firstFailure { throw firstFailure }
        rows.skipped.tell(Terminal.warn)
        return rows
    }

    /// f32 [1, dim] or [1, tokens, dim] of each input.
    private func features(_ part: [String], _ modality: String, _ embedder: Embedder) throws -> [Tensor] {
        let features = try embedder.model.features(embedder.read([(modality, part)]).set)
        guard pool == .mean || features.counts.allSatisfy({ $0 == features.counts.first }) else { throw FeaturesCommand.uneven }
        let tensor = pool == .mean ? features.mean() : features.tokens
        return part.indices.map { tensor.row($0) }
    }

    private static let uneven = Refusal.content("the inputs have different numbers of tokens; use --pool mean, or one input at a time")

    private func add(_ row: Tensor, _ name: String, _ rows: inout Rows, of total: Int) throws {
        let shape = Array(row.shape.dropFirst())
        guard rows.names.isEmpty || shape == rows.shape else { throw FeaturesCommand.uneven }
        let bytes = shape.reduce(4 * total) { $0.multipliedReportingOverflow(by: $1).partialValue }
        guard bytes <= Machine.memoryBytes / 2 else {
            throw Refusal.resources("\(total) inputs give \(Human.bytes(bytes)) of features; use --pool mean, or fewer inputs")
        }
        rows.shape = shape
        rows.names.append(name)
        rows.values += row.floats
    }

    private func write(_ features: Tensor, _ names: [String], _ modality: String) throws {
        guard try OutputFormat.of(output, format, standard: .npy) == .safetensors else { return try NumpyFile.write(features, to: output) }
        let list = String(decoding: try JSONEncoder().encode(names), as: UTF8.self)
        let metadata = ["names": list, "modality": modality, "pool": pool.rawValue]
        try SafeTensorsWriter.write(["features": features], metadata: metadata, to: output)
    }
}
