import Media

extension GenerationInput {
    /// A PNG, JPEG or WebP file in memory as `modality` takes it: depth keeps 16 bits, classes keep their numbers, all else becomes colours.
    /// - Parameters:
    ///   - bytes: the file.
    ///   - modality: nil for a mask, which has colours whatever it hides.
    ///   - name: what errors call it.
    ///   - mostPixels: that it may have; looked at before memory is taken for them.
    /// - Returns: the input, and how many pixels it has.
    /// - Throws: ``TesseraError``; of category `outOfResources` for a picture of more pixels, or none.
    package static func decoded(
        _ bytes: [UInt8], for modality: String?, name: String, mostPixels: Int
    ) throws(TesseraError) -> (input: GenerationInput, pixels: Int) {
        try translatingErrors {
            do {
                let image = try ImageFile.decode(bytes: bytes, name: name, mostPixels: mostPixels)
                return (try value(of: image, modality, name), image.width * image.height)
            } catch let error as MediaError where error.kind == .size {
                throw TesseraError(.outOfResources, error.description)
            }
        }
    }

    private static func value(of image: DecodedImage, _ modality: String?, _ name: String) throws -> GenerationInput {
        guard let modality else { return .picture(Picture(image.colors)) }
        switch image.pixels {
        case .gray16(let gray) where modality.contains("depth"):
            return .tensor(try Tensor(gray.samples.map { Int32($0) }, [gray.height, gray.width]))
        case .indexed, .bilevel:
            return .picture(Picture(modality.contains("semseg") ? try image.labels(file: name) : image.colors.rgb))
        case .bytes(let plain) where plain.channels == 1: return .picture(Picture(plain))
        case .gray16, .bytes: return .picture(Picture(image.colors.rgb))
        }
    }
}
