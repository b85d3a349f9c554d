import Media

/// A picture in memory: 8-bit grey (1 channel), RGB (3) or RGBA (4), row after row from the top, channels interleaved.
public struct Picture: Sendable, Equatable {
    package let inner: ByteImage

    package init(_ inner: ByteImage) { self.inner = inner }

    /// - Throws: ``TesseraError`` for an empty or too large picture, or a number of samples other than width × height × channels.
    public init(width: Int, height: Int, channels: Int = 3, samples: [UInt8]) throws(TesseraError) {
        inner = try translatingErrors { try ByteImage(width: width, height: height, channels: channels, samples: samples) }
    }

    /// Reads a PNG, JPEG or WebP file as RGB, turned upright by its EXIF orientation.
    /// - Throws: ``TesseraError`` naming the file.
    public init(contentsOf path: String) throws(TesseraError) {
        inner = try translatingErrors { try ImageFile.decode(path: path).colors.rgb }
    }

    /// Reads the bytes of a PNG, JPEG or WebP file as RGB, turned upright by its EXIF orientation.
    /// - Throws: ``TesseraError``.
    public init(encoded bytes: [UInt8]) throws(TesseraError) {
        inner = try translatingErrors { try ImageFile.decode(bytes: bytes).colors.rgb }
    }

    /// Pixels of a row.
    public var width: Int { inner.width }

    /// Rows.
    public var height: Int { inner.height }

    /// 1 for grey, 3 for RGB, 4 for RGBA.
    public var channels: Int { inner.channels }

    /// Channels of each pixel, row after row from the top: width × height × channels bytes.
    public var samples: [UInt8] { inner.samples }

    /// The bytes of a PNG file.
    public func png() throws(TesseraError) -> [UInt8] { try translatingErrors { try inner.pngBytes() } }

    /// Writes a PNG file; it appears whole or not at all.
    /// - Throws: ``TesseraError`` naming the file.
    public func writePNG(to path: String) throws(TesseraError) { try translatingErrors { try inner.writePNG(to: path) } }
}
