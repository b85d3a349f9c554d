import CImage

/// PNG in every colour type, depth and interlacing, by libpng.
enum PNGDecoder {
    static func decode(_ bytes: [UInt8], file: String, mostPixels: Int = ImageLimits.maxPixels) throws -> DecodedImage {
        try bytes.withUnsafeBufferPointer { buffer in
            var info = cimage_png_info()
            var message = [CChar](repeating: 0, count: 160)
            guard let png = cimage_png_open(buffer.baseAddress, buffer.count, &info, &message, message.count) else {
                throw damaged(file, message)
            }
            defer { cimage_png_close(png) }
            var rows = [UInt8](repeating: 0, count: try rowBytes(info, fileBytes: bytes.count, file, mostPixels))
            guard cimage_png_read(png, &rows, rows.count, &message, message.count) == 0 else {
                throw damaged(file, message)
            }
            return DecodedImage(pixels: pixels(rows, info), orientation: orientation(png))
        }
    }

    /// Bytes of all decoded rows, checked against the limits and against what the file can possibly hold.
    private static func rowBytes(_ info: cimage_png_info, fileBytes: Int, _ file: String, _ mostPixels: Int) throws -> Int {
        let (width, height, channels) = (Int(info.width), Int(info.height), Int(info.channels))
        _ = try rasterCount(width: width, height: height, channels: channels == 2 ? 4 : channels, file: file, mostPixels: mostPixels)
        let packedRow = (width * channels * Int(info.bit_depth) + 7) / 8
        // Deflate expands a byte to at most 1032.
        guard packedRow * height <= fileBytes * 1032 else {
            throw MediaError(
                .corrupt, file: file, "\(fileBytes) bytes cannot hold the \(width) x \(height) pixels they claim",
                remedy: "get an undamaged copy")
        }
        return width * height * channels * (info.bit_depth == 16 ? 2 : 1)
    }

    private static func damaged(_ file: String, _ message: [CChar]) -> MediaError {
        MediaError(
            .corrupt, file: file, "the PNG cannot be decoded (\(cText(message)))",
            remedy: "get an undamaged copy or save it anew")
    }

    private static func orientation(_ png: OpaquePointer) -> Int {
        var size = 0
        guard let bytes = cimage_png_exif(png, &size), size > 0 else { return 1 }
        let block = Array(UnsafeBufferPointer(start: bytes, count: size))
        return EXIF.orientation(tiff: block[...]) ?? 1
    }

    private static func pixels(_ rows: [UInt8], _ info: cimage_png_info) -> DecodedImage.Pixels {
        let (width, height, channels) = (Int(info.width), Int(info.height), Int(info.channels))
        let depth = Int(info.bit_depth)
        func image(_ samples: [UInt8], _ channels: Int) -> ByteImage {
            ByteImage(unchecked: samples, width: width, height: height, channels: channels)
        }
        if Int(info.color_type) == CIMAGE_PNG_PALETTE {
            return .indexed(image(rows, 1), palette: palette(info))
        }
        if channels == 1 && depth == 16 {
            let samples = stride(from: 0, to: rows.count, by: 2).map { UInt16(rows[$0]) << 8 | UInt16(rows[$0 + 1]) }
            return .gray16(Image16(unchecked: samples, width: width, height: height, channels: 1))
        }
        if depth == 1 { return .bilevel(image(rows, 1)) }
        var samples = rows
        if depth == 16 { samples = stride(from: 0, to: rows.count, by: 2).map { rows[$0] } }
        if depth < 8 {
            let scale = UInt8(255 / ((1 << depth) - 1))
            samples = rows.map { $0 &* scale }
        }
        if channels == 2 {
            samples = stride(from: 0, to: samples.count, by: 2).flatMap { at in
                [samples[at], samples[at], samples[at], samples[at + 1]]
            }
        }
        return .bytes(image(samples, channels == 2 ? 4 : channels))
    }

    private static func palette(_ info: cimage_png_info) -> [RGBColor] {
        withUnsafeBytes(of: info.palette) { bytes in
            (0..<Int(info.palette_count)).map { RGBColor(bytes[$0 * 3], bytes[$0 * 3 + 1], bytes[$0 * 3 + 2]) }
        }
    }
}
