import CImage

extension Raster where Sample == UInt8 {
    /// The picture as a PNG file: grey, RGB or RGBA of 8 bits, by the number of channels.
    package func pngBytes() throws -> [UInt8] {
        let type =
            switch channels {
            case 1: CIMAGE_PNG_GRAY
            case 3: CIMAGE_PNG_RGB
            default: CIMAGE_PNG_RGB_ALPHA
            }
        return try encodePNG(
            samples, width: width, height: height, depth: 8, type: type, rowBytes: width * channels)
    }

    /// One channel of indices as a palette PNG.
    /// - Throws: ``MediaError`` when the picture is in colour, the palette is empty or over 256 colours, or an index
    ///   lies beyond it.
    package func pngBytes(palette: [RGBColor]) throws -> [UInt8] {
        guard channels == 1, (1...256).contains(palette.count) else {
            throw MediaError(
                .argument, "a palette PNG needs 1 channel and 1 to 256 colours, not \(channels) and \(palette.count)",
                remedy: "pass class indices and their palette")
        }
        if let index = samples.first(where: { Int($0) >= palette.count }) {
            throw MediaError(
                .argument, "index \(index) lies beyond a palette of \(palette.count) colours",
                remedy: "pass a colour for each index")
        }
        return try encodePNG(
            samples, width: width, height: height, depth: 8, type: CIMAGE_PNG_PALETTE, rowBytes: width,
            palette: palette.flatMap { [$0.red, $0.green, $0.blue] })
    }

    /// Writes a PNG under a temporary name in the same folder, then renames it to `path`.
    /// - Throws: ``MediaError`` naming `path` when it cannot be written.
    package func writePNG(to path: String) throws { try FileIO.write(pngBytes(), to: path) }

    /// As ``writePNG(to:)``, as a palette PNG.
    package func writePNG(to path: String, palette: [RGBColor]) throws {
        try FileIO.write(pngBytes(palette: palette), to: path)
    }
}

extension Raster where Sample == UInt16 {
    /// The picture as a 16-bit grey PNG file.
    /// - Throws: ``MediaError`` when it has more than one channel.
    package func pngBytes() throws -> [UInt8] {
        guard channels == 1 else {
            throw MediaError(
                .argument, "16-bit PNGs are written with 1 channel, not \(channels)", remedy: "write each channel")
        }
        var bytes = [UInt8]()
        bytes.reserveCapacity(samples.count * 2)
        for sample in samples {
            bytes.append(UInt8(sample >> 8))
            bytes.append(UInt8(truncatingIfNeeded: sample))
        }
        return try encodePNG(bytes, width: width, height: height, depth: 16, type: CIMAGE_PNG_GRAY, rowBytes: width * 2)
    }

    /// Writes a 16-bit grey PNG under a temporary name in the same folder, then renames it to `path`.
    /// - Throws: ``MediaError`` naming `path` when it cannot be written.
    package func writePNG(to path: String) throws { try FileIO.write(pngBytes(), to: path) }
}

private func encodePNG(
    _ rows: [UInt8], width: Int, height: Int, depth: Int32, type: Int, rowBytes: Int,
    palette: [UInt8] = []
) throws -> [UInt8] {
    var bytes: UnsafeMutablePointer<UInt8>?
    var size = 0
    var message = [CChar](repeating: 0, count: 160)
    let result = palette.withUnsafeBytes { palette in
        cimage_png_encode(
            UInt32(width), UInt32(height), depth, Int32(type), rows, rowBytes,
            palette.bindMemory(to: (UInt8, UInt8, UInt8).self).baseAddress, Int32(palette.count / 3),
            &bytes, &size, &message, message.count)
    }
    guard result == 0, let bytes else {
        throw MediaError(.file, "the PNG cannot be made (\(cText(message)))", remedy: "free some memory")
    }
    defer { cimage_free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: size))
}
