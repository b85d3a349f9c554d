import ArgumentParser
import Foundation
import FourM
import IR
import Importers
import Media

/// `tessera detokenize`
struct DetokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detokenize",
        abstract: "Turn tokens back into a picture.",
        discussion: """
            Reads token ids, integers [rows, columns] or [pictures, rows, columns], and writes the picture: colours, depth in the turbo \
            colour map, normals, or classes in palette colours. An output ending in .npy gets the raw decoded values instead. Several \
            pictures get numbers before the suffix.

            Examples:
              tessera detokenize Models/shapes --modality rgb tokens.npy -o picture.png
              tessera detokenize Models/shapes --modality rgb tokens.npy --diffusion-steps 25 --seed 3 -o picture.png
              tessera detokenize Models/shapes --modality depth tokens.npy -o depth.npy
            """)

    @Argument(
        help: ArgumentHelp("Bundle: a folder with a bundle.yaml, or a YAML file that names model and tokenizers.", valueName: "bundle"))
    var bundle: String

    @Argument(help: ArgumentHelp("Token ids, .npy.", valueName: "tokens"))
    var tokens: String

    @Option(help: ArgumentHelp("Modality of the tokens: rgb, depth, normal, semseg, …", valueName: "name"))
    var modality: String

    @Option(name: .shortAndLong, help: ArgumentHelp("File to write, .png or .npy.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("Denoising steps of diffusion decoders.", valueName: "n"))
    var diffusionSteps: Int?

    @Option(help: ArgumentHelp("ddim or ddpm, for diffusion decoders.", valueName: "name"))
    var diffusionScheduler: String?

    @Flag(help: "Decode with the bundle's faster one-pass decoder.")
    var preview = false

    @Option(help: "Seed of the noise that diffusion starts from.")
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
        guard output.hasSuffix(".png") || output.hasSuffix(".npy") else {
            throw ValidationError("--output must end in .png or .npy, not '\(output)'.")
        }
        if let diffusionSteps, diffusionSteps < 1 { throw ValidationError("--diffusion-steps must be at least 1, not \(diffusionSteps).") }
        if let diffusionScheduler, !["ddim", "ddpm"].contains(diffusionScheduler) {
            throw ValidationError("--diffusion-scheduler must be ddim or ddpm, not '\(diffusionScheduler)'.")
        }
    }

    func run() throws {
        try global.apply()
        let base = TokenizerName.base(modality)
        let bundle = try LoadedBundle(path: bundle)
        let tokenizer = try bundle.tokenizer(base, preview: preview)
        var options = TokenizerModel.DiffusionOptions()
        options.steps = diffusionSteps ?? bundle.bundle.sources.detokenizerSteps
        options.scheduler = diffusionScheduler.flatMap { SchedulerKind(rawValue: $0) }
        options.seed = seed
        let decoded = try tokenizer.detokenize(try ids(), options)
        let files = try output.hasSuffix(".npy") ? raw(decoded) : pictures(base, decoded)
        let report = Report(files: files, modality: base, shape: decoded.shape)
        if json { return try Output.writeJSON(report) }
        for file in files { Output.line(file) }
    }

    private func ids() throws -> Tensor {
        let tensor = try NumpyFile.read(tokens)
        guard tensor.dtype.isInteger, tensor.rank == 2 || tensor.rank == 3 else {
            throw CommandFailure("\(tokens): token ids must be integers [rows, columns] or [pictures, rows, columns], not \(tensor.type)")
        }
        guard !tensor.shape.contains(0) else { throw CommandFailure("\(tokens) holds no tokens: \(tensor.type)") }
        return Tensor(integers: tensor.integers, tensor.rank == 2 ? [1] + tensor.shape : tensor.shape)
    }

    private func raw(_ decoded: Tensor) throws -> [String] {
        try NumpyFile.write(decoded, to: output)
        return [output]
    }

    private func pictures(_ base: String, _ decoded: Tensor) throws -> [String] {
        let count = decoded.shape[0]
        return try (0..<count).map { index in
            var target = DecodedTarget(modality: base, tokens: [])
            try PictureForms.fill(&target, base: base, decoded.row(index))
            guard let picture = target.picture else {
                throw CommandFailure("'\(base)' has no picture form; write its values with an output that ends in .npy")
            }
            let path = count == 1 ? output : "\(output.dropLast(4)).\(index).png"
            try picture.writePNG(to: path)
            return path
        }
    }
}
