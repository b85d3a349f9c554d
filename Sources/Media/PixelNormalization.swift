/// Per-channel mean and standard deviation of values in 0...1, as torchvision's `Normalize` takes them.
package struct PixelNormalization: Sendable, Equatable {
    /// R, G, B.
    package var mean: [Float]
    package var std: [Float]

    package init(mean: [Float], std: [Float]) {
        self.mean = mean
        self.std = std
    }

    /// The transformer's RGB input.
    package static let imagenet = PixelNormalization(mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])
    /// The RGB and normal tokenizers' range, -1...1.
    package static let minus1To1 = PixelNormalization(mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5])
    /// Values stay in 0...1.
    package static let none = PixelNormalization(mean: [0, 0, 0], std: [1, 1, 1])

    /// (v / 255 - mean) / std as CHW floats (1 x 3 x H x W with a leading 1), in single precision as torch computes it.
    package func tensor(_ image: ByteImage) -> [Float] {
        let image = image.rgb
        let plane = image.width * image.height
        var out = [Float](repeating: 0, count: plane * 3)
        for c in 0..<3 {
            let table = (0...255).map { (Float($0) / 255 - value(mean, c, 0)) / value(std, c, 1) }
            for pixel in 0..<plane { out[c * plane + pixel] = table[Int(image.samples[pixel * 3 + c])] }
        }
        return out
    }

    /// The inverse: CHW floats of 3 x height x width to 8-bit RGB, clamped, rounded to nearest; NaN becomes 0.
    /// - Throws: ``MediaError`` when `tensor` has another number of values.
    package func image(_ tensor: [Float], width: Int, height: Int) throws -> ByteImage {
        let count = try rasterCount(width: width, height: height, channels: 3)
        guard tensor.count == count else {
            throw MediaError(
                .argument, "\(tensor.count) values given for a picture of 3 x \(height) x \(width)",
                remedy: "pass \(count) values in CHW order")
        }
        let plane = width * height
        var samples = [UInt8](repeating: 0, count: count)
        for c in 0..<3 {
            let (m, s) = (Double(value(mean, c, 0)), Double(value(std, c, 1)))
            for pixel in 0..<plane {
                samples[pixel * 3 + c] = byte(fromUnit: Double(tensor[c * plane + pixel]) * s + m)
            }
        }
        return ByteImage(unchecked: samples, width: width, height: height, channels: 3)
    }

    private func value(_ list: [Float], _ index: Int, _ fallback: Float) -> Float {
        index < list.count ? list[index] : fallback
    }
}
