/// A picture in memory: height x width x channels samples, row major, channels interleaved (HWC).
///
/// Sides and channels are at least 1 and `samples.count == width * height * channels` always holds.
package struct Raster<Sample: Sendable & Equatable>: Sendable, Equatable {
    package let width: Int
    package let height: Int
    /// 1 (grey), 3 (RGB) or 4 (RGBA).
    package let channels: Int
    package internal(set) var samples: [Sample]

    /// Wraps `samples` (HWC).
    /// - Throws: ``MediaError`` when the size is empty, above ``ImageLimits``, or not that of `samples`.
    package init(width: Int, height: Int, channels: Int, samples: [Sample]) throws {
        let count = try rasterCount(width: width, height: height, channels: channels)
        guard samples.count == count else {
            throw MediaError(
                .argument, "\(samples.count) samples given for \(width) x \(height) x \(channels)",
                remedy: "pass width * height * channels = \(count) samples")
        }
        self.init(unchecked: samples, width: width, height: height, channels: channels)
    }

    /// A picture of one value.
    /// - Throws: ``MediaError`` when the size is empty or above ``ImageLimits``.
    package init(width: Int, height: Int, channels: Int, filledWith value: Sample) throws {
        let count = try rasterCount(width: width, height: height, channels: channels)
        self.init(
            unchecked: [Sample](repeating: value, count: count), width: width, height: height, channels: channels)
    }

    init(unchecked samples: [Sample], width: Int, height: Int, channels: Int) {
        self.width = width
        self.height = height
        self.channels = channels
        self.samples = samples
    }

    /// The sample at column `x`, row `y`, channel `c`; all three must be inside.
    package subscript(x: Int, y: Int, c: Int = 0) -> Sample { samples[(y * width + x) * channels + c] }
}

/// 8-bit grey (1 channel), RGB (3) or RGBA (4).
package typealias ByteImage = Raster<UInt8>
/// 16-bit grey, for example a depth map.
package typealias Image16 = Raster<UInt16>
/// Float samples, in whatever unit the maker says.
package typealias FloatImage = Raster<Float>

/// width * height * channels after checking each against ``ImageLimits``, or a lower bound of pixels.
func rasterCount(
    width: Int, height: Int, channels: Int, file: String = "", mostPixels: Int = ImageLimits.maxPixels
) throws -> Int {
    guard width > 0, height > 0 else {
        throw MediaError(
            .size, file: file, "the picture is \(width) x \(height) pixels, that is, empty",
            remedy: "use a picture of at least 1 x 1 pixel")
    }
    guard channels == 1 || channels == 3 || channels == 4 else {
        throw MediaError(
            .argument, file: file, "\(channels) channels are not supported", remedy: "use 1, 3 or 4 channels")
    }
    guard width <= ImageLimits.maxSide, height <= ImageLimits.maxSide, width * height <= mostPixels else {
        throw MediaError(
            .size, file: file,
            "the picture is \(width) x \(height) pixels, above the limit of "
                + "\(mostPixels < 1 << 20 ? "\(mostPixels)" : "\(mostPixels >> 20) Mi") pixels and \(ImageLimits.maxSide) a side",
            remedy: "scale it down first")
    }
    return width * height * channels
}
