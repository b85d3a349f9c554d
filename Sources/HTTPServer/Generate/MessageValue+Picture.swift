import HTTPTypes
import Media
import Tessera

extension MessageValue {
    /// A PNG, JPEG or WebP file as the modality takes it: depth keeps 16 bits, classes keep their numbers, all else becomes colours.
    /// - Throws: ``AnswerError`` 413 for one of too many pixels; `TesseraError`.
    func picture(_ bytes: [UInt8]) throws -> GenerationInput {
        let decoded: DecodedImage
        do { decoded = try ImageFile.decode(bytes: bytes, name: "the picture of '\(modality)'", mostPixels: limits.pixels) } catch {
            if let error = error as? MediaError, error.kind == .size { throw AnswerError(.contentTooLarge, error.description) }
            throw error
        }
        switch decoded.pixels {
        case .gray16(let image) where modality.contains("depth"):
            return .tensor(try Tensor(image.samples.map { Int32($0) }, [image.height, image.width]))
        case .indexed, .bilevel:
            return .picture(Picture(modality.contains("semseg") ? try decoded.labels(file: "the picture of '\(modality)'") : decoded.colors.rgb))
        case .bytes(let image) where image.channels == 1: return .picture(Picture(image))
        case .gray16, .bytes: return .picture(Picture(decoded.colors.rgb))
        }
    }
}
