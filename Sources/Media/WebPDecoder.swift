import CImage

/// WebP (lossy, lossless, with and without alpha; of an animation the first frame, as Pillow shows it) by libwebp.
enum WebPDecoder {
    static func decode(_ bytes: [UInt8], file: String, mostPixels: Int = ImageLimits.maxPixels) throws -> DecodedImage {
        var info = cimage_webp_info()
        var message = [CChar](repeating: 0, count: 160)
        guard cimage_webp_open(bytes, bytes.count, &info, &message, message.count) == 0 else { throw damaged(file, message) }
        let (width, height, channels) = (Int(info.width), Int(info.height), info.has_alpha == 0 ? 3 : 4)
        let count = try rasterCount(width: width, height: height, channels: channels, file: file, mostPixels: mostPixels)
        // A picture of one colour takes next to no bytes, whatever its size: beyond 64 Mi pixels a file must hold something.
        guard width * height <= max(64 << 20, bytes.count * 8 * 1024) else {
            throw MediaError(
                .corrupt, file: file, "\(bytes.count) bytes cannot hold the \(width) x \(height) pixels they claim",
                remedy: "get an undamaged copy")
        }
        var samples = [UInt8](repeating: 0, count: count)
        guard cimage_webp_decode(bytes, bytes.count, &info, &samples, count, &message, message.count) == 0 else {
            throw damaged(file, message)
        }
        let image = ByteImage(unchecked: samples, width: width, height: height, channels: channels)
        return DecodedImage(pixels: .bytes(image), orientation: orientation(bytes))
    }

    private static func damaged(_ file: String, _ message: [CChar]) -> MediaError {
        MediaError(
            .corrupt, file: file, "the WebP cannot be decoded (\(cText(message)))", remedy: "get an undamaged copy or save it anew")
    }

    /// Some writers put the marker that JPEG needs before the TIFF block.
    private static func orientation(_ bytes: [UInt8]) -> Int {
        let block = bytes.withUnsafeBufferPointer { buffer in
            var count = 0
            let start = cimage_webp_exif(buffer.baseAddress, buffer.count, &count)
            return Array(UnsafeBufferPointer(start: start, count: start == nil ? 0 : count))
        }
        let marker: [UInt8] = [0x45, 0x78, 0x69, 0x66, 0, 0]
        return EXIF.orientation(tiff: block.starts(with: marker) ? block.dropFirst(6) : block[...]) ?? 1
    }
}
