import Files

/// Reading picture files. The type is told from the first bytes, never from the name.
package enum ImageFile {
    package struct Options: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        /// Leave the pixels as stored, whatever the EXIF orientation says (as the reference does).
        package static let ignoringOrientation = Options(rawValue: 1)
    }

    /// 8-bit RGB, as Pillow's `Image.open(path).convert("RGB")` gives it, turned upright by the EXIF orientation.
    /// - Throws: ``MediaError`` for a missing, unknown, damaged, empty or oversized file.
    package static func load(path: String, options: Options = []) throws -> ByteImage {
        try decode(path: path, options: options).rgb
    }

    /// As ``load(path:options:)`` from bytes in memory; `name` is what errors call them.
    package static func load(
        bytes: [UInt8], name: String = "image data", options: Options = []
    ) throws -> ByteImage {
        try decode(bytes: bytes, name: name, options: options).rgb
    }

    /// The pixels in the file's own form.
    /// - Throws: as ``load(path:options:)``.
    package static func decode(path: String, options: Options = []) throws -> DecodedImage {
        try decode(bytes: FileIO.read(path), name: path, options: options)
    }

    /// As ``decode(path:options:)`` from bytes in memory.
    /// - Parameter mostPixels: that it may have, if that is less than ``ImageLimits/maxPixels``; looked at before memory is taken.
    package static func decode(
        bytes: [UInt8], name: String = "image data", options: Options = [], mostPixels: Int = ImageLimits.maxPixels
    ) throws -> DecodedImage {
        let decoded =
            switch ImageFormat(bytes) {
            case .png: try PNGDecoder.decode(bytes, file: name, mostPixels: mostPixels)
            case .jpeg: try JPEGDecoder.decode(bytes, file: name, mostPixels: mostPixels)
            case .webP: try WebPDecoder.decode(bytes, file: name, mostPixels: mostPixels)
            case nil: throw unknown(bytes, name)
            }
        return options.contains(.ignoringOrientation) ? decoded : decoded.upright
    }

    /// Raw 16-bit grey, for example a depth map. 8-bit grey is widened (v * 257) so that 255 becomes 65535.
    /// - Throws: as ``load(path:options:)``, and for a picture in colour.
    package static func loadGray16(path: String, options: Options = []) throws -> Image16 {
        try decode(path: path, options: options).gray16(file: path)
    }

    /// Raw class indices in one channel: palette indices, 8-bit grey values, or 0 and 1 of a bilevel picture; 16-bit
    /// grey where no value exceeds 255.
    /// - Throws: as ``load(path:options:)``, and for a picture in colour or with larger values.
    package static func loadLabels(path: String, options: Options = []) throws -> ByteImage {
        try decode(path: path, options: options).labels(file: path)
    }

    private static func unknown(_ bytes: [UInt8], _ name: String) -> MediaError {
        bytes.isEmpty
            ? MediaError(.corrupt, file: name, "the file is empty", remedy: "get an undamaged copy")
            : MediaError(
                .format, file: name, "no PNG, JPEG or WebP" + (FileKind(bytes).map { ", but \($0.title)" } ?? ""),
                remedy: FileKind(bytes)?.remedy ?? "convert it to PNG or JPEG")
    }
}

/// The formats read here, told by their first bytes.
package enum ImageFormat: Sendable {
    case png, jpeg, webP

    /// Suffixes of files in these formats, in lower case.
    package static let suffixes = ["png", "jpg", "jpeg", "webp"]

    package init?(_ bytes: [UInt8]) {
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.starts(with: Array("RIFF".utf8)), bytes.dropFirst(8).starts(with: Array("WEBP".utf8)) {
            self = .webP
        } else {
            return nil
        }
    }
}

extension DecodedImage {
    /// See ``ImageFile/loadGray16(path:options:)``; `file` is what an error calls the picture.
    package func gray16(file: String = "image data") throws -> Image16 {
        switch pixels {
        case .gray16(let image): return image
        case .bytes(let image) where image.channels == 1:
            return Image16(
                unchecked: image.samples.map { UInt16($0) &* 257 }, width: width, height: height, channels: 1)
        default:
            throw MediaError(
                .format, file: file, "a grey picture is needed, this one is in colour or bilevel",
                remedy: "use a 16-bit grey PNG")
        }
    }

    /// See ``ImageFile/loadLabels(path:options:)``; `file` is what an error calls the picture.
    package func labels(file: String = "image data") throws -> ByteImage {
        switch pixels {
        case .bilevel(let image), .indexed(let image, _): return image
        case .bytes(let image) where image.channels == 1: return image
        case .gray16(let image):
            if let large = image.samples.first(where: { $0 > 255 }) {
                throw MediaError(
                    .format, file: file, "a class index of \(large) does not fit 8 bits",
                    remedy: "use class indices 0 to 255")
            }
            return ByteImage(unchecked: image.samples.map { UInt8(truncatingIfNeeded: $0) }, width: width, height: height, channels: 1)
        case .bytes:
            throw MediaError(
                .format, file: file, "class indices are needed, this picture is in colour",
                remedy: "use a grey or palette PNG whose values are the class indices")
        }
    }
}
