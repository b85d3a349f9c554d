import Files
import Foundation
import FourMCodecs
import FourMModels
import FourMSettings
import FourMText
import IR
import Media
import Names
import Runtime

/// One given modality: `rgb@224=photo.jpg`, `caption="a red cube"`.
package struct GenerationInput: Sendable, Hashable {
    package let modality: String
    /// Path of a picture, `.npy` file or folder, or the text or JSON itself.
    package let value: String

    package init(modality: String, value: String) {
        self.modality = modality
        self.value = value
    }

    /// Reads `MODALITY=VALUE`.
    package init?(_ argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        self.init(modality: String(argument[..<equals]), value: String(argument[argument.index(after: equals)...]))
    }
}

/// Turns what a person gives into what the model takes.
package struct InputReader {
    let bundle: LoadedBundle
    let model: FourMModel
    /// Ignores EXIF orientation, as the reference does.
    var ignoresOrientation = false

    package init(bundle: LoadedBundle, model: FourMModel, ignoresOrientation: Bool = false) {
        self.bundle = bundle
        self.model = model
        self.ignoresOrientation = ignoresOrientation
    }

    /// A given modality with the picture a person would recognise it by.
    package struct Given {
        package var batch: ModalityBatch
        package var pictures: [ByteImage] = []
        /// What the colours of each picture mean; empty for pictures that need no words.
        package var keys: [ColorKey?] = []
        package var texts: [String] = []
        /// What the model will not see as it was meant.
        package var warnings: [String] = []
    }

    /// Reads `values`, one for each row, without the tokens that `masks` hide (``TokenMask``): one for all rows, or one for each.
    /// - Throws: ``FourMError`` naming the modality and file.
    package func read(_ name: String, _ values: [InputValue], masks: [InputValue] = []) throws -> Given {
        let info = try model.modality(name)
        if info.kind != .sequence, values.contains(where: \.isEmpty) { throw FourMError("'\(name)' was given no file", .request) }
        guard info.isInput else { throw FourMError("modality '\(name)' cannot be given; it is an output of this model only", .request) }
        let given =
            switch info.kind {
            case .pixels: try pixels(info, values)
            case .imageTokens: try imageTokens(info, values)
            case .sequence: try sequence(name, values)
            case .sequenceEmbedding: Given(batch: try EmbeddedSequence.batch(info, values))
            }
        return masks.isEmpty ? given : try hidden(given, info, masks)
    }

    /// `given` with the tokens hidden that `masks` name, their patches faded in the pictures.
    private func hidden(_ given: Given, _ info: ModelModality, _ masks: [InputValue]) throws -> Given {
        var given = given
        let masks = try masks.map { try TokenMask($0, info, count: given.batch.length, options) }
        for row in given.batch.inputMask.indices {
            let mask = masks[min(row, masks.count - 1)]
            mask.hide(in: &given.batch, row: row)
            guard let grid = info.grid, given.pictures.indices.contains(row) else { continue }
            let places = mask.isHidden.indices.filter { mask.isHidden[$0] }
            given.pictures[row] = try DraftPainter.faded(given.pictures[row].rgb, places, grid)
        }
        return given
    }

    /// Finds masks of all samples that cannot be read, or do not fit.
    func check(_ masks: [String: [InputValue]]) throws {
        for (name, masks) in masks.sorted(by: { $0.key < $1.key }) where masks.count == 1 {
            let info = try model.modality(name)
            guard let grid = info.grid, !info.isSequence else { continue }
            _ = try TokenMask(masks[0], info, count: grid.rows * grid.columns, options)
        }
    }

    private var options: ImageFile.Options { ignoresOrientation ? .ignoringOrientation : [] }

    private func pixels(_ info: ModelModality, _ values: [InputValue]) throws -> Given {
        let side = info.imageSize?.height ?? 224
        let scaling = model.session.plan.module.metadata.section(.normalization).section(named: info.name)
        let normalization = PixelNormalization(metadata: scaling) ?? .imagenet
        var (pixels, pictures): ([Float], [ByteImage]) = ([], [])
        for value in values {
            if case .tensor(let tensor) = value {
                guard tensor.dtype.isFloat, [[3, side, side], [1, 3, side, side]].contains(tensor.shape) else {
                    throw FourMError(
                        "'\(info.name)' takes floats [3, \(side), \(side)], scaled as the model takes them, not \(tensor.type)")
                }
                try tensor.requireFinite(value.name(info.name))
                pixels += tensor.floats
            } else {
                pictures.append(
                    try TimeSpan.measure(.read, info.name) {
                        try Preprocess.square(value.decoded(info.name, options).colors, side: side).rgb
                    })
                pixels += normalization.tensor(pictures[pictures.count - 1])
            }
        }
        let patches = info.grid.map { $0.rows * $0.columns } ?? info.positions
        let batch = ModalityBatch.given(pixels: Tensor(pixels, [values.count, 3, side, side]), patches: patches)
        return Given(batch: batch, pictures: pictures.count == values.count ? pictures : [])
    }

    /// Tokens as `.npy`, or what the tokenizer makes of pictures and arrays; all of one batch go through it together.
    private func imageTokens(_ info: ModelModality, _ values: [InputValue]) throws -> Given {
        var tokens = [[Int]](repeating: [], count: values.count)
        var pictures: [ByteImage?] = values.map { _ in nil }
        var keys: [ColorKey?] = pictures.map { _ in nil }
        var open: [(row: Int, values: Tensor)] = []
        for (row, value) in values.enumerated() {
            let array = try TimeSpan.measure(.read, info.name) { try value.array() }
            if let stored = try array.flatMap({ try storedTokens(info, value.name(info.name), $0) }) {
                do { try info.check(ids: stored) } catch { throw FourMError("\(value.name(info.name)): \(error)", error.cause) }
                tokens[row] = stored
                continue
            }
            let side = info.imageSize?.height ?? 224
            let (tokenizer, size) = (try bundle.tokenizer(info.name, part: .encoder), PixelSize(height: side, width: side))
            let read = try TimeSpan.measure(.read, info.name) {
                try TokenizerInput.read(info.name, value, array, tokenizer, size: size, options)
            }
            guard read.values.shape.first == 1 else {
                throw FourMError("\(value.name(info.name)): give '\(info.name)' one sample a file, not \(read.values.type)")
            }
            open.append((row, read.values))
            pictures[row] = read.picture
            keys[row] = try TokenizerInput.key(info.name, read.values, tokenizer, size: size, CodecContext(bundle))
        }
        if !open.isEmpty {
            guard let all = RowMatrix.stack(open.map(\.values)) else {
                throw FourMError("the arrays given for '\(info.name)' have different shapes")
            }
            let tokenizer = try bundle.tokenizer(info.name, part: .encoder)
            let made = try TimeSpan.measure(.tokenize, info.name) { try rows(tokenizer.tokenize(all), info) }
            for (entry, ids) in zip(open, made) { tokens[entry.row] = ids }
        }
        try info.check(ids: tokens.flatMap { $0 })
        let shown = pictures.compactMap { $0 }
        return Given(batch: .given(tokens: tokens), pictures: shown.count == values.count ? shown : [], keys: keys)
    }

    /// The tokens in an integer array; nil for others, and for maps of class ids or depth, which are the tokenizer's input.
    private func storedTokens(_ info: ModelModality, _ path: String, _ tensor: Tensor) throws -> [Int]? {
        guard tensor.dtype.isInteger else { return nil }
        if tensor.count == info.maxTokens { return tensor.integers }
        let isMap = ["tok_semseg", "tok_depth"].contains(ModalityInfo.baseName(of: info.name)) && (2...4).contains(tensor.rank)
        if isMap { return nil }
        throw FourMError("\(path) holds \(tensor.count) tokens; '\(info.name)' has \(info.maxTokens)")
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

    /// The file that a value of a text modality names: `@FILE`, or a path that ends in .json or .txt.
    private static func file(_ value: String) -> String? {
        if value.hasPrefix("@") { return String(value.dropFirst()) }
        guard [".json", ".txt"].contains(where: value.lowercased().hasSuffix) else { return nil }
        return !value.contains(where: \.isWhitespace) || FileManager.default.fileExists(atPath: value) ? value : nil
    }

    /// The model's words for a value: a text, JSON, or either in a file.
    private func text(_ name: String, _ value: InputValue) throws -> String {
        switch value {
        case .given(let value): return try text(name, value, file: InputReader.file(value))
        case .file(let path): return try text(name, path, file: path)
        case .text(let value): return try text(name, value, file: nil)
        case .tensor(let ids):
            let info = try model.modality(name)
            guard ids.dtype.isInteger else { throw FourMError("'\(name)' takes token ids, integers [n], not \(ids.type)") }
            try info.check(ids: ids.integers)
            return try bundle.text().decode(ids.integers, skipSpecialTokens: false)
        case .picture: throw FourMError("'\(name)' takes a text, not \(value.name(name))", .request)
        }
    }

    private func text(_ name: String, _ value: String, file: String?) throws -> String {
        let codec = ModalityCodecs.text(of: name)
        var (text, source, isJSON) = (value, "the value of '\(name)'", codec.readsJSON(value))
        if let path = file {
            text = try InputFile.text(path).trimmingCharacters(in: .whitespacesAndNewlines)
            source = path
            isJSON = path.lowercased().hasSuffix(".json") || codec.readsJSON(text)
        }
        let context = CodecContext(bundle)
        do {
            return isJSON ? try codec.text(CodecJSON.parse(text, source), context) : try codec.text(text, context)
        } catch let error as FourMError where file != nil && !error.description.contains(source) {
            throw FourMError("\(source): \(error)", error.cause)
        }
    }

    /// Text as a condition: the text and `[EOS]`, unless it ends with one, rows padded to the longest. `@FILE` reads the text from a file.
    private func sequence(_ name: String, _ values: [InputValue]) throws -> Given {
        let tokenizer = try bundle.text()
        let texts = try TimeSpan.measure(.read, name) { try values.map { try text(name, $0) } }
        let ids = TimeSpan.measure(.tokenize, name) { textIDs(values, texts, tokenizer) }
        let info = try model.modality(name)
        if let long = ids.first(where: { $0.count > info.positions }) {
            throw FourMError("'\(name)': the text has \(long.count) tokens; this model takes \(info.positions). Shorten it")
        }
        let padded = PaddedSequences(padding: ids, with: tokenizer.paddingID ?? 0)
        let batch = ModalityBatch(
            .tokens(padded.ids), inputMask: padded.isPadding, targetMask: padded.ids.map { $0.map { _ in true } })
        let warnings = zip(values, texts).enumerated().flatMap { row, pair in
            doubts(info, pair.0, pair.1, length: ids[row].count, tokenizer)
        }
        return Given(batch: batch, texts: texts, warnings: warnings)
    }

    /// The ids of `values`, whose texts are `texts`, each with `[EOS]` at its end.
    private func textIDs(_ values: [InputValue], _ texts: [String], _ tokenizer: TextTokenizer) -> [[Int]] {
        zip(values, texts).map { value, text in
            // Ids stay as they are given: other ids may stand for the same text.
            if case .tensor(let given) = value {
                return given.integers.last == tokenizer.endID ? given.integers : given.integers + (tokenizer.endID.map { [$0] } ?? [])
            }
            let ids = tokenizer.encode(text).ids
            return ids.last == tokenizer.endID ? ids : tokenizer.encode("\(text) [EOS]").ids
        }
    }

    /// Words that the vocabulary lacks, and a length that the model was not made for.
    private func doubts(_ info: ModelModality, _ value: InputValue, _ text: String, length: Int, _ tokenizer: TextTokenizer) -> [String] {
        var made: [String] = []
        if case .tensor = value { return made }
        let unknown = tokenizer.unknownWords(in: text)
        if !unknown.isEmpty {
            let words = unknown.prefix(5).map { "'\(ForeignText.clean($0))'" }.joined(separator: ", ")
            let more = unknown.count > 5 ? " and \(unknown.count - 5) more" : ""
            made.append("'\(info.name)': the text tokenizer does not know \(words)\(more); the model sees [UNK] instead")
        }
        if length > info.maxLength {
            made.append(
                "'\(info.name)': the text has \(length) tokens, more than the \(info.maxLength) whose order this model knows; shorten it: "
                    + "\"\(ForeignText.clean(String(text.prefix(40))))…\"")
        }
        return made
    }
}
