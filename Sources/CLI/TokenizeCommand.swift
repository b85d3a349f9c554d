import ArgumentParser
import Foundation
import FourM
import IR
import Importers

/// `tessera tokenize`
struct TokenizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenize",
        abstract: "Turn pictures into tokens.",
        discussion: """
            Crops each picture to its centre square, resizes it to the tokenizer's size, normalises it as the modality asks (colours to \
            -1…1, depth standardised, class ids as they are) and writes the token ids, i64 [pictures, rows, columns].

            Examples:
              tessera tokenize Models/shapes --modality rgb photo.jpg -o tokens.npy
              tessera tokenize Models/shapes --modality depth depth1.png depth2.png -o tokens.npy
            """)

    @Argument(
        help: ArgumentHelp("Bundle: a folder with a bundle.yaml, or a YAML file that names model and tokenizers.", valueName: "bundle"))
    var bundle: String

    @Argument(help: ArgumentHelp("Pictures, or .npy feature maps.", valueName: "picture"))
    var pictures: [String]

    @Option(help: ArgumentHelp("Modality of the pictures: rgb, depth, normal, semseg, …", valueName: "name"))
    var modality: String

    @Option(name: .shortAndLong, help: ArgumentHelp("File to write, .npy.", valueName: "file"))
    var output: String

    @Flag(help: "Print what was written as JSON.")
    var json = false

    @Flag(help: "Ignore EXIF orientation, as the reference does.")
    var ignoreOrientation = false

    @OptionGroup var global: GlobalOptions

    struct Report: Encodable {
        let file: String
        let modality: String
        let shape: [Int]
    }

    func run() throws {
        try global.apply()
        let base = TokenizerName.base(modality)
        let tokenizer = try LoadedBundle(path: bundle).tokenizer(base)
        var parts: [[Int]] = []
        var shape: [Int] = []
        let bar = ProgressBar("tokenizing")
        for (index, picture) in pictures.enumerated() {
            let tokens = try tokenizer.tokenize(try input(base, picture, tokenizer))
            let grid = Array(tokens.shape.dropFirst())
            guard tokens.shape[0] > 0, shape.isEmpty || grid == Array(shape.dropFirst()) else {
                throw CommandFailure("\(picture) gives tokens \(tokens.shape) where others give \(shape); tokenize sizes one by one")
            }
            parts.append(tokens.integers)
            shape = [(shape.first ?? 0) + tokens.shape[0]] + grid
            bar.update(Double(index + 1) / Double(pictures.count), detail: picture)
        }
        bar.finish()
        try NumpyFile.write(Tensor(integers: parts.flatMap { $0 }, shape, as: .i64), to: output)
        let report = Report(file: output, modality: base, shape: shape)
        if json { return try Output.writeJSON(report) }
        Output.line("\(output): tokens \(shape.map(String.init).joined(separator: " × "))")
    }

    private func input(_ base: String, _ path: String, _ tokenizer: TokenizerModel) throws -> Tensor {
        if path.hasSuffix(".npy") {
            let tensor = try NumpyFile.read(path)
            return tensor.rank == 3 && tensor.dtype.isFloat ? Tensor(tensor.floats, [1] + tensor.shape) : tensor
        }
        let side = tokenizer.imageSize?.height ?? 224
        return try TokenizerInput.pictures(
            base: base, [path], side: side, tokenizer.normalization, ignoreOrientation ? .ignoringOrientation : []
        ).tensor
    }
}

/// Modality names as tokenizers know them.
enum TokenizerName {
    /// `rgb`, `tok_rgb` and `tok_rgb@224` are all `tok_rgb`.
    static func base(_ name: String) -> String {
        let base = ModalityInfo.baseName(of: name)
        return base.hasPrefix("tok_") || ["human_poses", "sam_instance"].contains(base) ? base : "tok_\(base)"
    }
}
