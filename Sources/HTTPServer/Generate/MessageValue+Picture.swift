import HTTPTypes
import Media
import Tessera

extension MessageValue {
    private var pictureName: String { "the picture of '\(modality)'" }

    /// A PNG, JPEG or WebP file as the modality takes it: depth keeps 16 bits, classes keep their numbers, all else becomes colours.
    /// - Throws: ``AnswerError`` 413 for one of too many pixels; `TesseraError`.
    func picture(_ bytes: [UInt8]) throws -> GenerationInput {
        let picture = try decoded(bytes)
        switch picture.pixels {
        case .gray16(let image) where modality.contains("depth"):
            return .tensor(try Tensor(image.samples.map { Int32($0) }, [image.height, image.width]))
        case .indexed, .bilevel:
            return .picture(Picture(modality.contains("semseg") ? try picture.labels(file: pictureName) : picture.colors.rgb))
        case .bytes(let image) where image.channels == 1: return .picture(Picture(image))
        case .gray16, .bytes: return .picture(Picture(picture.colors.rgb))
        }
    }

    private func decoded(_ bytes: [UInt8]) throws -> DecodedImage {
        do { return try ImageFile.decode(bytes: bytes, name: pictureName, mostPixels: limits.pixels) } catch {
            if let error = error as? MediaError, error.kind == .size { throw AnswerError(.contentTooLarge, error.description) }
            throw TesseraError(error)
        }
    }
}
