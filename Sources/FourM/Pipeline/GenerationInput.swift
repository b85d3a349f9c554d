import Foundation
import IR
import Importers
import Media

/// One given modality: `rgb@224=photo.jpg`, `caption="a red cube"`.
public struct GenerationInput: Sendable, Hashable {
    public let modality: String
    /// Path of a picture, `.npy` file or folder, or the text itself.
    public let value: String

    public init(modality: String, value: String) {
        self.modality = modality
        self.value = value
    }

    /// Reads `MODALITY=VALUE`.
    public init?(_ argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        self.init(modality: String(argument[..<equals]), value: String(argument[argument.index(after: equals)...]))
    }
}

/// Turns what a person gives into what the model takes.
struct InputReader {
    let bundle: LoadedBundle
    let model: FourMModel
    /// Ignores EXIF orientation, as the reference does.
    var ignoresOrientation = false

    /// A given modality with the picture a person would recognise it by.
    struct Given {
        var batch: ModalityBatch
        var pictures: [ByteImage] = []
        var texts: [String] = []
    }

    /// Reads `values`, one for each row.
    /// - Throws: ``FourMError`` naming the modality and file.
    func read(_ name: String, _ values: [String]) throws -> Given {
        let info = try model.modality(name)
        if info.kind != .sequence, values.contains("") { throw FourMError("'\(name)' was given no file") }
        guard info.isInput else { throw FourMError("modality '\(name)' cannot be given; it is an output of this model only") }
        switch info.kind {
        case .pixels: return try pixels(info, values)
        case .imageTokens: return try imageTokens(info, values)
        case .sequence: return try sequence(name, values)
        case .sequenceEmbedding: return Given(batch: try EmbeddedSequence.batch(info, values))
        }
    }

    private var options: ImageFile.Options { ignoresOrientation ? .ignoringOrientation : [] }

    private func pixels(_ info: ModelModality, _ paths: [String]) throws -> Given {
        let side = info.imageSize?.height ?? 224
        let pictures = try paths.map { try Preprocess.square(ImageFile.load(path: $0, options: options), side: side) }
        let scaling = model.session.plan.module.metadata.section("normalization").section(info.name)
        let normalization = PixelNormalization(metadata: scaling) ?? .imagenet
        let values = pictures.flatMap { normalization.tensor($0) }
        let patches = info.grid.map { $0.rows * $0.columns } ?? info.positions
        return Given(batch: .given(pixels: Tensor(values, [paths.count, 3, side, side]), patches: patches), pictures: pictures)
    }

    private func imageTokens(_ info: ModelModality, _ paths: [String]) throws -> Given {
        if paths.allSatisfy({ $0.hasSuffix(".npy") }) { return try storedTokens(info, paths) }
        let side = info.imageSize?.height ?? 224
        let tokenizer = try bundle.tokenizer(info.name, part: .encoder)
        let prepared = try TokenizerInput.pictures(
            base: ModalityInfo.baseName(of: info.name), paths, size: PixelSize(height: side, width: side), channels: tokenizer.channels,
            tokenizer.normalization, options)
        let tokens = try tokenizer.tokenize(prepared.tensor)
        return Given(batch: .given(tokens: try rows(tokens, info)), pictures: prepared.pictures)
    }

    private func storedTokens(_ info: ModelModality, _ paths: [String]) throws -> Given {
        let rows = try paths.flatMap { path -> [[Int]] in
            let tensor = try NumpyFile.read(path)
            guard tensor.dtype.isInteger else { throw FourMError("\(path): tokens must be integers, not \(tensor.dtype.rawValue)") }
            let count = tensor.count
            guard count == info.maxTokens else {
                throw FourMError("\(path) holds \(count) tokens; '\(info.name)' has \(info.maxTokens)")
            }
            return [tensor.integers]
        }
        return Given(batch: .given(tokens: rows))
    }

    private func rows(_ tokens: Tensor, _ info: ModelModality) throws -> [[Int]] {
        let batch = tokens.shape[0]
        let count = tokens.count / max(batch, 1)
        guard count == info.maxTokens else {
            throw FourMError("the tokenizer of '\(info.name)' gives \(count) tokens where the model has \(info.maxTokens)")
        }
        let ids = tokens.integers
        return (0..<batch).map { Array(ids[$0 * count..<($0 + 1) * count]) }
    }

    /// Text as a condition: the text and `[EOS]`, rows padded to the longest. `@FILE` reads the text from a file.
    private func sequence(_ name: String, _ values: [String]) throws -> Given {
        let tokenizer = try bundle.text()
        let texts = try values.map { value -> String in
            guard value.hasPrefix("@") else { return value }
            let path = String(value.dropFirst())
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { throw FourMError("\(path) cannot be read as text") }
            return text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let ids = texts.map { tokenizer.encode("\($0) [EOS]").ids }
        let limit = try model.modality(name).positions
        if let long = ids.first(where: { $0.count > limit }) {
            throw FourMError("'\(name)': the text has \(long.count) tokens; this model takes \(limit). Shorten it")
        }
        let padded = PaddedSequences(padding: ids, with: tokenizer.paddingID ?? 0)
        let batch = ModalityBatch(
            .tokens(padded.ids), inputMask: padded.isPadding, targetMask: padded.ids.map { $0.map { _ in true } })
        return Given(batch: batch, texts: texts)
    }
}

extension PixelNormalization {
    /// Mean and standard deviation as a module's metadata state them; nil if they do not.
    init?(metadata: Attributes) {
        guard let mean = metadata.doubles("mean"), let std = metadata.doubles("std"), mean.count == 3, std.count == 3 else { return nil }
        self.init(mean: mean.map { Float($0) }, std: std.map { Float($0) })
    }
}

/// Pictures as an image tokenizer takes them; which form depends on the modality.
public enum TokenizerInput {
    /// Tokenizer input for `paths`, scaled by `normalization` where they are colours: f32 [n, channels, side, side] or i64 class ids [n, side, side], and the pictures as seen.
    /// - Throws: `MediaError` naming the file; ``FourMError`` for a modality that is not made from pictures.
    public static func pictures(
        base: String, _ paths: [String], side: Int, _ normalization: PixelNormalization = .minus1To1, _ options: ImageFile.Options = []
    ) throws -> (tensor: Tensor, pictures: [ByteImage]) {
        try pictures(base: base, paths, size: PixelSize(height: side, width: side), normalization, options)
    }

    /// As ``pictures(base:_:side:_:_:)`` for any size; `channels` 1 makes edges grey.
    public static func pictures(
        base: String, _ paths: [String], size: PixelSize, channels: Int = 3, _ normalization: PixelNormalization = .minus1To1,
        _ options: ImageFile.Options = []
    ) throws -> (tensor: Tensor, pictures: [ByteImage]) {
        switch base {
        case "tok_depth": return try depth(paths, size, options)
        case "tok_semseg": return try labels(paths, size, options)
        case "tok_rgb", "tok_normal", "tok_canny_edge", "tok_sam_edge":
            let pictures = try paths.map { path in
                let picture = try Preprocess.centered(
                    ImageFile.load(path: path, options: options), width: size.width, height: size.height)
                return channels == 1 ? picture.gray.rgb : picture
            }
            let values = pictures.flatMap { normalization.tensor($0).prefix(channels * size.width * size.height) }
            return (Tensor(values, [paths.count, channels, size.height, size.width]), pictures)
        default: throw FourMError("'\(base)' is not made from a picture; give its tokens or features as .npy")
        }
    }

    private static func depth(_ paths: [String], _ size: PixelSize, _ options: ImageFile.Options) throws -> (Tensor, [ByteImage]) {
        let (width, height) = (size.width, size.height)
        let unit = try paths.map {
            Preprocess.unitDepth(try Preprocess.centered(ImageFile.loadGray16(path: $0, options: options), width: width, height: height))
        }
        let values = try unit.flatMap { try Preprocess.standardizedDepth($0) }
        return (Tensor(values, [paths.count, 1, height, width]), try unit.map { try Pictures.depth($0, width: width, height: height) })
    }

    private static func labels(_ paths: [String], _ size: PixelSize, _ options: ImageFile.Options) throws -> (Tensor, [ByteImage]) {
        let (width, height) = (size.width, size.height)
        let maps = try paths.map { path -> ByteImage in
            let image = try ImageFile.loadLabels(path: path, options: options)
            return try image.crop(image.centerBox(width: width, height: height)).resizedNearest(width: width, height: height)
        }
        let ids = maps.flatMap { $0.samples.map { Int($0) } }
        let palette = LabelPalette.labels(256)
        let pictures = try maps.map {
            try Pictures.segmentation($0.samples.map { Int($0) }, width: width, height: height, palette: palette)
        }
        return (Tensor(integers: ids, [paths.count, height, width]), pictures)
    }
}
