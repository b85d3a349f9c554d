import CImage

/// JPEG (baseline, progressive; grey, YCbCr, RGB, CMYK, YCCK) by libturbojpeg.
enum JPEGDecoder {
    static func decode(_ bytes: [UInt8], file: String, mostPixels: Int = ImageLimits.maxPixels) throws -> DecodedImage {
        let header = try JPEGHeader(bytes, file: file)
        let (width, height, channels) = (header.width, header.height, header.components)
        let count = try rasterCount(width: width, height: height, channels: channels, file: file, mostPixels: mostPixels)
        // A bit of a scan covers at most a 32 x 32 block of pixels of one component.
        guard width * height <= max(1 << 20, bytes.count * 8 * 1024) else {
            throw MediaError(
                .corrupt, file: file, "\(bytes.count) bytes cannot hold the \(width) x \(height) pixels they claim",
                remedy: "get an undamaged copy")
        }
        var samples = [UInt8](repeating: 0, count: count)
        var message = [CChar](repeating: 0, count: 256)
        let result = cimage_jpeg_decode(
            bytes, bytes.count, Int32(width), Int32(height), Int32(channels), &samples, count,
            &message, message.count)
        let text = cText(message)
        // Stray bytes before a marker are common in camera files and harmless; any other warning means lost pixels.
        let harmless = result == CIMAGE_JPEG_WARNING && text.contains("extraneous bytes")
        guard result == CIMAGE_JPEG_OK || harmless else {
            throw MediaError(
                .corrupt, file: file, "the JPEG cannot be decoded (\(text))",
                remedy: "get an undamaged copy or save it anew")
        }
        if channels == 4 {
            samples = rgbFromInvertedCMYK(samples)
        }
        let image = ByteImage(unchecked: samples, width: width, height: height, channels: channels == 1 ? 1 : 3)
        return DecodedImage(pixels: .bytes(image), orientation: header.orientation)
    }

    /// CMYK as Adobe stores it (255 = no ink), so v = 255 - ink: each colour is v * k / 255 with Pillow's rounding
    /// (255 - ink_k - ink_c * (255 - ink_k) / 255).
    private static func rgbFromInvertedCMYK(_ samples: [UInt8]) -> [UInt8] {
        var out = [UInt8]()
        out.reserveCapacity(samples.count / 4 * 3)
        for pixel in stride(from: 0, to: samples.count, by: 4) {
            let black = Int(samples[pixel + 3])
            for c in 0..<3 {
                let product = (255 - Int(samples[pixel + c])) * black + 128
                let ink = ((product >> 8) + product) >> 8
                out.append(UInt8(max(0, black - ink)))
            }
        }
        return out
    }
}

/// The text of a NUL-terminated C buffer.
func cText(_ buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
