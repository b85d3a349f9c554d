import ArgumentParser
import Files
import Formats
import Foundation
import FourM
import FourMCodecs
import FourMModels
import IR
import Media

/// `tessera detokenize`
struct DetokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detokenize",
        abstract: "Turn tokens back into a picture.",
        discussion: """
            Reads token ids, integers [rows, columns], [pictures, rows, columns] or a data set's int16 [crops, tokens], and writes the picture: colours, depth in the turbo \
            colour map, normals, or classes in palette colours. An output ending in .npy gets the raw decoded values instead, one in .json areas of classes or joint rotations. Several \
            pictures get numbers before the suffix. --output - writes one picture, or with --format an array or JSON, to standard output. Tokenizers with several codebooks (poses, global features) take [pictures, codebooks] \
            or [pictures, codebooks, rows, columns].

            Examples:
              tessera detokenize Models/shapes --modality rgb tokens.npy -o picture.png
              tessera detokenize Models/shapes --modality rgb tokens.npy --diffusion-steps 25 --seed 3 -o picture.png
              tessera detokenize Models/shapes --modality rgb tokens.npy --size 320x448 -o wide.png
              tessera detokenize Models/shapes --modality depth tokens.npy -o depth.npy
            """)

    @Argument(
        help: ArgumentHelp("Bundle: a folder with a bundle.yaml, or a YAML file that names model and tokenizers.", valueName: "bundle"))
    var bundle: String

    @Argument(help: ArgumentHelp("Token ids, .npy.", valueName: "tokens"))
    var tokens: String

    @Option(help: ArgumentHelp("Modality of the tokens: rgb, depth, normal, semseg, …", valueName: "name"))
    var modality: String

    @Option(name: .shortAndLong, help: ArgumentHelp("File to write, .png, .npy or .json, or - for standard output.", valueName: "file"))
    var output: String

    @Option(help: "Format of an output whose name does not tell it; default for standard output: png.")
    var format: Format?

    enum Format: String, ExpressibleByArgument, CaseIterable { case png, npy, json }

    @OptionGroup var diffusion: DiffusionFlags

    @Option(
        help: ArgumentHelp(
            "Size of a diffusion decoder's picture: a side, or HEIGHTxWIDTH. Default: a patch a token.", valueName: "pixels"),
        transform: OptionValue.pixels)
    var size: PixelSize?

    @Option(
        help: ArgumentHelp("Original HEIGHTxWIDTH of the picture, for decoders that were trained to know it.", valueName: "pixels"),
        transform: OptionValue.pixels)
    var originalSize: PixelSize?

    @Option(
        help: ArgumentHelp("Tokens to hide from a diffusion decoder, .npy bool [rows, columns], true where hidden.", valueName: "file"))
    var mask: String?

    @Flag(help: "Decode with the bundle's faster one-pass decoder.")
    var preview = false

    @Option(parsing: .unconditional, help: "Seed of the noise that diffusion starts from; default 0.", transform: OptionValue.seed)
    var seed: UInt64?

    @Flag(help: "Print what was written as JSON.")
    var json = false

    @OptionGroup var global: GlobalOptions

    struct Report: Encodable {
        let files: [String]
        let modality: String
        let shape: [Int]
    }

    func validate() throws {
        _ = try OutputFormat.of(output, format, standard: .png)
        try OutputFormat.check(output, json: json)
        let paths = [tokens, output].map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().path }
        guard paths[0] != paths[1] else { throw ValidationError("--output \(output) is the file of the tokens; give it another name") }
    }

    func run() throws {
        try global.apply()
        try FlagName.checkFile("--output", output)
        let bundle = try LoadedBundle(path: bundle)
        let base = try bundle.tokenizerName(modality)
        let format = try OutputFormat.of(output, format, standard: .png)
        try check(format, of: base)
        let tokenizer = try bundle.tokenizer(base, preview: preview, part: .decoder)
        let options = try options(tokenizer, steps: bundle.bundle.sources.detokenizerSteps)
        let ids = try ids(tokenizer)
        let files = try paths(ids.shape[0], format)
        let decoded = try tokenizer.detokenize(ids, options)
        if format == .npy { try NumpyFile.write(decoded, to: output) } else { try write(base, decoded, bundle, format, files) }
        let report = Report(files: files, modality: base, shape: decoded.shape)
        if json { return try Output.writeJSON(report) }
        for file in files { OutputFormat.say(file, beside: output) }
    }

    /// Finds out before the work that what `base` stands for has no such form.
    private func check(_ format: Format, of base: String) throws {
        let codec = ModalityCodecs.dense[base]
        guard format != .npy, codec == nil || format == .json && codec?.writesJSON == false else { return }
        throw noForm(format, of: base)
    }

    private func noForm(_ format: Format, of base: String) -> any Error {
        // A suffix rules over --format.
        let isTyped = (output as NSString).pathExtension.lowercased() == format.rawValue
        let how = isTyped ? "" : ", or --format npy"
        return Refusal.usage(
            "'\(base)' has no form as \(format == .json ? "JSON" : "a picture"); write its values with an output that ends in .npy\(how)")
    }

    private func options(_ tokenizer: TokenizerModel, steps: Int) throws -> DiffusionOptions {
        var options = DiffusionOptions()
        options.steps = diffusion.steps ?? steps
        (options.scheduler, options.mode, options.guidance) = (diffusion.kind, diffusion.mode, diffusion.diffusionGuidance)
        (options.imageSize, options.originalSize, options.seed) = (size, originalSize, seed ?? 0)
        let others = [
            ("--size", size != nil), ("--original-size", originalSize != nil), ("--mask", mask != nil), ("--seed", seed != nil),
        ]
        try diffusion.check([tokenizer], others: others, what: "'\(modality)'")
        options.conditionMask = try mask.map { try NumpyFile.read($0) }
        if diffusion.guidance != nil, !tokenizer.learnedGuidance {
            Terminal.warn("--diffusion-guidance: the decoder of '\(modality)' never saw hidden tokens in training; expect odd pictures")
        }
        return options
    }

    /// Token ids as the tokenizer takes them: `[pictures, rows, columns]`, with several codebooks `[pictures, codebooks, rows, columns]`.
    private func ids(_ tokenizer: TokenizerModel) throws -> Tensor {
        let (tensor, codebooks) = (try NumpyFile.read(tokens), tokenizer.codebooks)
        let shape = tensor.shape
        guard tensor.dtype.isInteger, let full = codebooks == 1 ? Self.grid(tensor) : Self.codes(shape, codebooks) else {
            let heads = "[pictures, \(codebooks)] or [pictures, \(codebooks), rows, columns]"
            let forms = codebooks == 1 ? "[rows, columns] or [pictures, rows, columns]" : heads
            throw Refusal.content("\(tokens): token ids must be integers \(forms), not \(tensor.type)")
        }
        guard !shape.contains(0) else { throw Refusal.content("\(tokens) holds no tokens: \(tensor.type)") }
        try check(tensor, tokenizer)
        return Tensor(integers: tensor.integers, full)
    }

    /// - Throws: `TesseraError` naming file, place and range for an id that is no code.
    private func check(_ tensor: Tensor, _ tokenizer: TokenizerModel) throws {
        guard let size = tokenizer.codebookSize, let index = tensor.integers.firstIndex(where: { $0 < 0 || $0 >= size }) else { return }
        var (place, rest) = ([Int](), index)
        for side in tensor.shape.reversed() {
            place.insert(rest % side, at: 0)
            rest /= side
        }
        throw Refusal.content(
            "\(tokens): token \(tensor.integers[index]) at \(place) is no code of '\(modality)', which has 0 to \(size - 1)")
    }

    /// The files to write, a picture or document for each row; all may be written.
    private func paths(_ count: Int, _ format: Format) throws -> [String] {
        guard count > 1, format != .npy else { return [output] }
        guard output != "-" else {
            throw Refusal.usage(
                "--output -: standard output takes one \(format.rawValue), \(tokens) holds \(count); name a file, or take --format npy")
        }
        let (stem, suffix) = ((output as NSString).deletingPathExtension, (output as NSString).pathExtension)
        let paths = (0..<count).map { "\(stem).\($0)" + (suffix.isEmpty ? "" : ".\(suffix)") }
        for path in paths { try FlagName.checkFile("--output", path) }
        return paths
    }

    /// Arrays i16 [crops, tokens] of square crops are a data set's (Docs/datasets.md).
    private static func grid(_ tokens: Tensor) -> [Int]? {
        let shape = tokens.shape
        switch shape.count {
        case 2 where tokens.dtype == .i16 && shape[0] != shape[1]:
            let side = Int(Double(shape[1]).squareRoot())
            return side * side == shape[1] ? [shape[0], side, side] : [1] + shape
        case 2: return [1] + shape
        case 3: return shape
        default: return nil
        }
    }

    private static func codes(_ shape: [Int], _ codebooks: Int) -> [Int]? {
        switch shape.count {
        case 1 where shape[0] == codebooks: [1, codebooks, 1, 1]
        case 2 where shape[1] == codebooks: shape + [1, 1]
        case 3 where shape[0] == codebooks: [1] + shape
        case 4 where shape[1] == codebooks: shape
        default: nil
        }
    }

    /// A picture or a JSON document for each row.
    private func write(_ base: String, _ decoded: Tensor, _ bundle: LoadedBundle, _ format: Format, _ paths: [String]) throws {
        for (index, path) in paths.enumerated() {
            let target = try DecodedTarget(base, decoded.row(index), bundle)
            if format == .json, let json = target.json {
                try OutputFile.write(json + "\n", to: path)
            } else if format == .png, let picture = target.picture {
                try picture.writePNG(to: path)
            } else {
                throw noForm(format, of: base)
            }
        }
    }
}
