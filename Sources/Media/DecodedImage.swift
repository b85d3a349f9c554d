/// A decoded file before any conversion.
package struct DecodedImage: Sendable, Equatable {
    package enum Pixels: Sendable, Equatable {
        /// 8-bit grey, RGB or RGBA. Grey + alpha becomes RGBA; 16-bit colour keeps its high bytes.
        case bytes(ByteImage)
        /// 1-bit grey: one channel of 0 or 1.
        case bilevel(ByteImage)
        /// 16-bit grey.
        case gray16(Image16)
        /// Palette indices and the palette; an index beyond it is black.
        case indexed(ByteImage, palette: [RGBColor])
    }

    package var pixels: Pixels
    /// EXIF orientation, 1 (upright) to 8.
    package var orientation: Int

    package init(pixels: Pixels, orientation: Int) {
        self.pixels = pixels
        self.orientation = orientation
    }

    package var width: Int { size.width }
    package var height: Int { size.height }

    private var size: (width: Int, height: Int) {
        switch pixels {
        case .bytes(let image), .bilevel(let image), .indexed(let image, _): (image.width, image.height)
        case .gray16(let image): (image.width, image.height)
        }
    }

    /// RGB by the rules of Pillow's `convert("RGB")`: alpha dropped, 16-bit grey clipped at 255, so that nearly all of it is white.
    package var rgb: ByteImage {
        if case .gray16(let image) = pixels { return image.saturatedTo8Bit.rgb }
        return colors.rgb
    }

    /// What models get as colours: as ``rgb``, but 16-bit grey keeps its high bytes, as 16-bit colour does. Grey is one channel still:
    /// resized first and repeated after, it is the same at a third of the cost.
    package var colors: ByteImage {
        switch pixels {
        case .bytes(let image): image.channels == 1 ? image : image.rgb
        case .bilevel(let image): image.mapped { $0 == 0 ? 0 : 255 }
        case .gray16(let image): image.highBytes
        case .indexed(let image, let palette): image.colored(with: palette)
        }
    }

    /// The same picture turned upright.
    var upright: DecodedImage {
        guard orientation != 1 else { return self }
        let turned: Pixels =
            switch pixels {
            case .bytes(let image): .bytes(image.oriented(orientation))
            case .bilevel(let image): .bilevel(image.oriented(orientation))
            case .gray16(let image): .gray16(image.oriented(orientation))
            case .indexed(let image, let palette): .indexed(image.oriented(orientation), palette: palette)
            }
        return DecodedImage(pixels: turned, orientation: 1)
    }
}

extension Raster {
    func mapped(_ body: (Sample) -> Sample) -> Raster {
        Raster(unchecked: samples.map(body), width: width, height: height, channels: channels)
    }
}

extension Raster where Sample == UInt8 {
    /// One channel of class indices as RGB; an index beyond the palette is black.
    package func colored(with palette: [RGBColor]) -> ByteImage {
        var table = [RGBColor](repeating: .black, count: 256)
        for (index, color) in palette.prefix(256).enumerated() { table[index] = color }
        let (pixels, channels) = (width * height, channels)
        let out = [UInt8](unsafeUninitializedCapacity: pixels * 3) { out, count in
            samples.withUnsafeBufferPointer { source in
                for pixel in 0..<pixels {
                    let color = table[Int(source[pixel * channels])]
                    (out[pixel * 3], out[pixel * 3 + 1], out[pixel * 3 + 2]) = (color.red, color.green, color.blue)
                }
            }
            count = pixels * 3
        }
        return ByteImage(unchecked: out, width: width, height: height, channels: 3)
    }
}
