import ArgumentParser
import Files
import Formats
import Foundation
import FourM
import FourMCodecs
import FourMModels
import FourMSettings
import IR
import Importers
import Jobs
import Media

/// `tessera tokenize`
struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Turn pictures into tokens.",
        discussion: """
            Crops each picture to its centre square, resizes it to the tokenizer's size, normalises it as the modality asks (colours to \
            -1…1, depth standardised, class ids as they are) and writes the token ids, i64 [pictures, rows, columns]. --size takes another \
            size, also one that is no square.

            Several pictures, folders and quoted patterns give a row for each picture, those of a folder or pattern in the order of their \
            names; --json lists the file of each row. What cannot be read is skipped and named; the exit code is then 1.

            What is no picture comes as .npy: feature maps [channels, rows, columns], global features and poses [channels] or \
            [n, channels]; depth, normals and class ids may too. Edges are found in a photo with canny:FILE. Tokenizers with several codebooks give [pictures, codebooks, rows, columns].

            With --dataset, tokenizes the files or .tar shards of one modality of a data set as ml-4m's save_vq_tokens.py does: arrays \
            i16 [crops, tokens] of the same names below OUTPUT/tok_MODALITY. A run that was stopped goes on where it was; samples that \
            cannot be read are skipped and listed.

            Examples:
              tessera tokenize Models/shapes --modality rgb photo.jpg -o tokens.npy
              tessera tokenize Models/shapes --modality rgb photo.jpg --size 320x448 -o wide.npy
              tessera tokenize Models/shapes --modality depth depth1.png depth2.png -o tokens.npy
              tessera tokenize Models/shapes --modality rgb photos/ -o tokens.npy --json
              tessera tokenize Models/shapes --dataset cc12m --modality rgb --crops 4 -o cc12m
              tessera tokenize tok_depth.safetensors --dataset cc12m --modality depth --shard 3/64 -o cc12m
            """)

    @Argument(
        help: ArgumentHelp(
            "Bundle: a folder with a bundle.yaml, or a YAML file that names model and tokenizers; with --dataset also a tokenizer alone.",
            valueName: "bundle"))
    var bundle: String

    @Argument(help: ArgumentHelp("Pictures, or .npy feature maps; folders of them, and patterns.", valueName: "picture"))
    var pictures: [String] = []

    @Option(help: ArgumentHelp("Modality of the pictures: rgb, depth, normal, semseg, …", valueName: "name"))
    var modality: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("File to write, .npy, or - for standard output; with --dataset a folder.", valueName: "file"))
    var output: String

    @Option(
        help: ArgumentHelp("Size of the pictures instead of the tokenizer's: a side, or HEIGHTxWIDTH.", valueName: "pixels"),
        transform: OptionValue.pixels)
    var size: PixelSize?

    @Flag(help: "Print what was written as JSON.")
    var json = false

    @Flag(help: "Ignore EXIF orientation, as the reference does.")
    var ignoreOrientation = false

    @OptionGroup(title: "Data sets") var dataset: DatasetOptions
    @OptionGroup var compute: PrecisionOptions
    @OptionGroup var global: GlobalOptions

    private enum Format: String, CaseIterable { case npy }

    struct Report: Encodable {
        let file: String
        let modality: String
        let shape: [Int]
        /// Of each row.
        let files: [String]
        let skipped: [String]
    }

    /// Tokens of the inputs that could be read.
    private struct Rows {
        var parts: [[Int]] = []
        var shape: [Int] = []
        /// The file of each row.
        var files: [String] = []
        var unread: [String] = []
        var skipped = SkippedInputs()

        var tensor: Tensor { Tensor(integers: parts.flatMap { $0 }, shape, as: .i64) }
    }

    func validate() throws {
        if dataset.dataset == nil, pictures.isEmpty { throw ValidationError("missing expected argument '<picture> ...'") }
        if dataset.dataset != nil, let picture = pictures.first {
            throw ValidationError("--dataset takes no pictures, but '\(picture)' was given")
        }
        if dataset.dataset == nil { _ = try OutputFormat.of(output, nil, standard: Format.npy) }
        try OutputFormat.check(output, json: json)
        if dataset.dataset != nil, let size, size.height != size.width {
            throw ValidationError("--size must be one side with --dataset, whose crops are squares, not \(size)")
        }
    }

    func run() throws {
        try global.apply()
        if let root = dataset.dataset { return try tokenize(dataset: root) }
        try FlagName.checkFile("--output", output)
        let paths = try inputs()
        let bundle = try LoadedBundle(path: bundle, precision: compute.policy)
        try compute.policy.requireFits(bundle.bundle)
        let base = try bundle.tokenizerName(modality)
        let tokenizer = try bundle.tokenizer(base, part: .encoder)
        try check(tokenizer)
        let rows = try tokens(of: paths, base, tokenizer)
        try NumpyFile.write(rows.tensor, to: output)
        let report = Report(file: output, modality: base, shape: rows.shape, files: rows.files, skipped: rows.unread)
        if json {
            try Output.writeJSON(report)
        } else {
            let shape = rows.shape.map(String.init).joined(separator: " × ")
            OutputFormat.say("\(output): tokens \(shape)\(rows.skipped.summary)", beside: output)
        }
        try rows.skipped.fail(of: paths.count)
    }

    /// Pictures in the order of the arguments, and arrays where no size is asked for.
    private func inputs() throws -> [String] {
        let list = try InputList(pictures, suffixes: ImageFormat.suffixes + (size == nil ? ["npy"] : []))
        for line in list.leftOut { Terminal.note(line) }
        return list.files
    }

    /// - Throws: the first input's error if none can be read; `TesseraError` for one whose tokens have another shape than those before.
    private func tokens(of paths: [String], _ base: String, _ tokenizer: TokenizerModel) throws -> Rows {
        var rows = Rows()
        var firstFailure: (any Error)?
        let bar = ProgressBar("tokenizing")
        for (index, path) in paths.enumerated() {
            switch try FileByFile.map([path], { _ in [try tokenizer.tokenize(input(base, path, tokenizer))] })[0] {
            case .success(let tokens): try add(tokens, path, &rows)
            case .failure(let error):
                if paths.count == 1 { throw error }
                firstFailure = firstFailure ?? error
                rows.unread.append(path)
                rows.skipped.add(path, Refusal.text(of: error))
            }
            bar.update(Double(index + 1) / Double(paths.count), detail: path)
        }
        bar.finish()
        if rows.files.isEmpty, let firstFailure { throw firstFailure }
        rows.skipped.tell(Terminal.warn)
        return rows
    }

    private func add(_ tokens: Tensor, _ path: String, _ rows: inout Rows) throws {
        let grid = Array(tokens.shape.dropFirst())
        guard tokens.shape[0] > 0, rows.shape.isEmpty || grid == Array(rows.shape.dropFirst()) else {
            throw Refusal.content("\(path) gives tokens \(tokens.shape) where others give \(rows.shape); tokenize sizes one by one")
        }
        rows.parts.append(tokens.integers)
        rows.files += [String](repeating: path, count: tokens.shape[0])
        rows.shape = [(rows.shape.first ?? 0) + tokens.shape[0]] + grid
    }

    private func check(_ tokenizer: TokenizerModel) throws {
        guard let size else { return }
        let (height, width) = tokenizer.patch
        guard size.height % height != 0 || size.width % width != 0 else { return }
        throw Refusal.usage("--size \(size): sides must be multiples of the tokenizer's patch of \(height) × \(width) pixels")
    }

    private func tokenize(dataset root: String) throws {
        try FlagName.checkFolder("--output", output)
        try FlagName.checkFolder("--crop-settings", dataset.cropSettings)
        let settings = try dataset.settings(
            root: root, modality: modality, output: output, side: size?.height, ignoringOrientation: ignoreOrientation)
        let job = DatasetJob(bundle, settings, precision: compute.policy, listener: global.listener)
        let run = DatasetRun(job: job, part: settings.part, isStrict: dataset.strict, json: json)
        try dataset.dryRun ? run.count() : run.run()
    }

    private func input(_ base: String, _ path: String, _ tokenizer: TokenizerModel) throws -> Tensor {
        if size != nil, path.hasSuffix(".npy") { throw Refusal.usage("--size is for pictures; \(path) is taken as it is") }
        let native = tokenizer.imageSize.map { PixelSize(height: $0.height, width: $0.width) } ?? PixelSize(height: 224, width: 224)
        return try TokenizerInput.read(base, path, tokenizer, size: size ?? native, ignoreOrientation ? .ignoringOrientation : []).values
    }
}
