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
            pictures get numbers before the suffix. Tokenizers with several codebooks (poses, global features) take [pictures, codebooks] \
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

    @Option(name: .shortAndLong, help: ArgumentHelp("File to write, .png, .npy or .json.", valueName: "file"))
    var output: String

    @OptionGroup var diffusion: DiffusionFlags

    @Option(
        help: ArgumentHelp("Size of a diffusion decoder's picture: a side, or HEIGHTxWIDTH. Default: a patch a token.", valueName: "pixels")
    )
    var size: PixelSize?

    @Option(help: ArgumentHelp("Original HEIGHTxWIDTH of the picture, for decoders that were trained to know it.", valueName: "pixels"))
    var originalSize: PixelSize?

    @Option(
        help: ArgumentHelp("Tokens to hide from a diffusion decoder, .npy bool [rows, columns], true where hidden.", valueName: "file"))
    var mask: String?

    @Flag(help: "Decode with the bundle's faster one-pass decoder.")
    var preview = false

    @Option(parsing: .unconditional, help: "Seed of the noise that diffusion starts from.")
    var seed: UInt64 = 0

    @Flag(help: "Print what was written as JSON.")
    var json = false

    @OptionGroup var global: GlobalOptions

    struct Report: Encodable {
        let files: [String]
        let modality: String
        let shape: [Int]
    }

    func validate() throws {
        guard [".png", ".npy", ".json"].contains(where: { output.hasSuffix($0) }) else {
            throw ValidationError("--output must end in .png, .npy or .json, not '\(output)'.")
        }
        let paths = [tokens, output].map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().path }
        guard paths[0] != paths[1] else { throw ValidationError("--output \(output) is the file of the tokens; give it another name.") }
    }

    func run() throws {
        try global.apply()
        let bundle = try LoadedBundle(path: bundle)
        let base = try bundle.tokenizerName(modality)
        let tokenizer = try bundle.tokenizer(base, preview: preview, part: .decoder)
        let options = try options(tokenizer, steps: bundle.bundle.sources.detokenizerSteps)
        let decoded = try tokenizer.detokenize(try ids(tokenizer.codebooks), options)
        let files = try output.hasSuffix(".npy") ? raw(decoded) : documents(base, decoded, bundle)
        let report = Report(files: files, modality: base, shape: decoded.shape)
        if json { return try Output.writeJSON(report) }
        for file in files { Output.line(file) }
    }

    private func options(_ tokenizer: TokenizerModel, steps: Int) throws -> DiffusionOptions {
        var options = DiffusionOptions()
        options.steps = diffusion.steps ?? steps
        (options.scheduler, options.mode, options.guidance) = (diffusion.kind, diffusion.mode, diffusion.diffusionGuidance)
        (options.imageSize, options.originalSize, options.seed) = (size, originalSize, seed)
        let others = [("--size", size != nil), ("--original-size", originalSize != nil), ("--mask", mask != nil)]
        try diffusion.check([tokenizer], others: others, what: "'\(modality)'")
        options.conditionMask = try mask.map { try NumpyFile.read($0) }
        if diffusion.guidance != nil, !tokenizer.learnedGuidance {
            Terminal.warn("--diffusion-guidance: the decoder of '\(modality)' never saw hidden tokens in training; expect odd pictures")
        }
        return options
    }

    /// Token ids as the tokenizer takes them: `[pictures, rows, columns]`, with several codebooks `[pictures, codebooks, rows, columns]`.
    private func ids(_ codebooks: Int) throws -> Tensor {
        let tensor = try NumpyFile.read(tokens)
        let shape = tensor.shape
        guard tensor.dtype.isInteger, let full = codebooks == 1 ? Self.grid(tensor) : Self.codes(shape, codebooks) else {
            let heads = "[pictures, \(codebooks)] or [pictures, \(codebooks), rows, columns]"
            let forms = codebooks == 1 ? "[rows, columns] or [pictures, rows, columns]" : heads
            throw Refusal.content("\(tokens): token ids must be integers \(forms), not \(tensor.type)")
        }
        guard !shape.contains(0) else { throw Refusal.content("\(tokens) holds no tokens: \(tensor.type)") }
        return Tensor(integers: tensor.integers, full)
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

    private func raw(_ decoded: Tensor) throws -> [String] {
        try NumpyFile.write(decoded, to: output)
        return [output]
    }

    /// A picture or a JSON document for each row.
    private func documents(_ base: String, _ decoded: Tensor, _ bundle: LoadedBundle) throws -> [String] {
        let (count, isJSON) = (decoded.shape[0], output.hasSuffix(".json"))
        return try (0..<count).map { index in
            let target = try DecodedTarget(base, decoded.row(index), bundle)
            let path = count == 1 ? output : (output as NSString).deletingPathExtension + ".\(index)." + (output as NSString).pathExtension
            if isJSON, let json = target.json {
                try OutputFile.write(json + "\n", to: path)
            } else if !isJSON, let picture = target.picture {
                try picture.writePNG(to: path)
            } else {
                throw Refusal.usage(
                    "'\(base)' has no form as \(isJSON ? "JSON" : "a picture"); write its values with an output that ends in .npy")
            }
            return path
        }
    }
}
