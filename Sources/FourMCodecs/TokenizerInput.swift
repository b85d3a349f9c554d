import Formats
import FourMModels
import FourMSettings
import IR
import Media

/// What image tokenizers take, from files; which form depends on the modality.
package enum TokenizerInput {
    /// Tokenizer input for `paths`, scaled by `normalization` where they are colours: f32 [n, channels, height, width] or i64 class ids
    /// [n, height, width], and the pictures as seen. `channels` 1 makes edges grey.
    /// - Throws: `MediaError` naming the file; ``FourMError`` for a modality that is not made from pictures.
    package static func pictures(
        base: String, _ paths: [String], size: PixelSize, channels: Int = 3, _ normalization: PixelNormalization = .minus1To1,
        _ options: ImageFile.Options = []
    ) throws -> (tensor: Tensor, pictures: [ByteImage]) {
        let form = DenseForm(modality: base, size: size, channels: channels, normalization: normalization, options: options)
        let read = try paths.map { try codec(base).read($0, form) }
        guard let tensor = RowMatrix.stack(read.map(\.values)) else { throw FourMError("'\(base)' was given no picture") }
        return (tensor, read.compactMap(\.picture))
    }

    /// Input of `tokenizer` from a picture, or from an array `.npy` that is taken as it is (depth is standardised): one row, or as many as
    /// the array has, and the picture as seen.
    /// - Throws: `MediaError`, `CheckpointError` and ``FourMError`` naming the file.
    package static func read(
        _ modality: String, _ path: String, _ tokenizer: TokenizerModel, size: PixelSize, _ options: ImageFile.Options = []
    ) throws -> (values: Tensor, picture: ByteImage?) {
        try read(modality, .file(path), array(path), tokenizer, size: size, options)
    }

    /// The array in a `.npy`; nil for other files.
    package static func array(_ path: String) throws -> Tensor? { path.hasSuffix(".npy") ? try NumpyFile.read(path) : nil }

    /// The same of a value that has been read already if it is an array.
    package static func read(
        _ modality: String, _ value: InputValue, _ array: Tensor?, _ tokenizer: TokenizerModel, size: PixelSize,
        _ options: ImageFile.Options
    ) throws -> (values: Tensor, picture: ByteImage?) {
        let codec = try codec(ModalityInfo.baseName(of: modality))
        let form = DenseForm(modality, tokenizer, size: size, options)
        if let array { return try named(value.name(modality)) { try codec.adopt(form.array(array, value.name(modality)), form) } }
        switch value {
        case .given(let path), .file(let path): return try codec.read(path, form)
        default: return try codec.read(value.decoded(modality, options), value.name(modality), form)
        }
    }

    /// What the colours of the picture of `values` mean, which ``read(_:_:_:_:size:_:)`` gave for `tokenizer`.
    package static func key(
        _ modality: String, _ values: Tensor, _ tokenizer: TokenizerModel, size: PixelSize, _ context: CodecContext
    ) throws -> ColorKey? {
        try codec(ModalityInfo.baseName(of: modality)).key(values, DenseForm(modality, tokenizer, size: size, []), context)
    }

    /// `body`, whose errors about pictures without a name concern `source`.
    private static func named<Result>(_ source: String, _ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as MediaError where error.file.isEmpty {
            throw MediaError(.size, file: source, error.problem, remedy: error.remedy)
        }
    }

    private static func codec(_ base: String) throws -> any DenseCodec {
        if let codec = ModalityCodecs.dense[base] { return codec }
        let known = ModalityCodecs.dense.keys.sorted().joined(separator: ", ")
        throw FourMError("'\(base)' has no image tokenizer; those that have: \(known)", .request)
    }
}
