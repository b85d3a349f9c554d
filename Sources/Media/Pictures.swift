/// Pictures of predicted arrays.
package enum Pictures {
    /// Row-major values as colours, `range` mapped to 0...1 (default: the finite minimum and maximum). Values that are
    /// not finite are black; a constant map takes the colour of the middle.
    /// - Throws: ``MediaError`` when the number of values is not width * height.
    package static func depth(
        _ values: [Float], width: Int, height: Int, range: ClosedRange<Float>? = nil, map: ColorMap = .turbo
    ) throws -> ByteImage {
        let unit = try unitValues(values, width: width, height: height, range: range)
        var samples = [UInt8]()
        samples.reserveCapacity(values.count * 3)
        for value in unit {
            let color = map(value)
            samples.append(color.red)
            samples.append(color.green)
            samples.append(color.blue)
        }
        return ByteImage(unchecked: samples, width: width, height: height, channels: 3)
    }

    /// Row-major values as 16-bit grey, `range` mapped to 0...65535 (default: the finite minimum and maximum); values
    /// that are not finite become 0.
    /// - Throws: ``MediaError`` when the number of values is not width * height.
    package static func depth16(
        _ values: [Float], width: Int, height: Int, range: ClosedRange<Float>? = nil
    ) throws -> Image16 {
        let unit = try unitValues(values, width: width, height: height, range: range)
        return Image16(
            unchecked: unit.map { $0.isNaN ? 0 : UInt16(($0 * 65535).rounded()) },
            width: width, height: height, channels: 1)
    }

    /// CHW normals (3 x height x width, components in -1...1) as RGB: (n + 1) / 2.
    /// - Throws: ``MediaError`` when the number of values is not 3 * width * height.
    package static func normals(_ values: [Float], width: Int, height: Int) throws -> ByteImage {
        try PixelNormalization.minus1To1.image(values, width: width, height: height)
    }

    /// Row-major class indices as colours; an index outside the palette is black.
    /// - Throws: ``MediaError`` when the number of indices is not width * height.
    package static func segmentation(
        _ labels: [Int], width: Int, height: Int, palette: LabelPalette
    ) throws -> ByteImage {
        try checkCount(labels.count, width, height)
        var samples = [UInt8]()
        samples.reserveCapacity(labels.count * 3)
        for label in labels {
            let color = palette[label]
            samples.append(color.red)
            samples.append(color.green)
            samples.append(color.blue)
        }
        return ByteImage(unchecked: samples, width: width, height: height, channels: 3)
    }

    private static func unitValues(
        _ values: [Float], width: Int, height: Int, range: ClosedRange<Float>?
    ) throws -> [Double] {
        try checkCount(values.count, width, height)
        let finite = values.lazy.filter(\.isFinite)
        let low = Double(range?.lowerBound ?? finite.min() ?? 0)
        let span = Double(range?.upperBound ?? finite.max() ?? 0) - low
        return values.map { value in
            guard value.isFinite else { return .nan }
            return span > 0 ? min(max((Double(value) - low) / span, 0), 1) : 0.5
        }
    }

    private static func checkCount(_ count: Int, _ width: Int, _ height: Int) throws {
        guard try rasterCount(width: width, height: height, channels: 1) == count else {
            throw MediaError(
                .argument, "\(count) values given for a picture of \(height) x \(width)",
                remedy: "pass height * width values in row-major order")
        }
    }
}

extension Raster where Sample == UInt8 {
    /// `top` over this picture with the given opacity (0...1), as RGB. `top` is resized by nearest neighbour if its
    /// size differs.
    package func blended(with top: ByteImage, opacity: Double) throws -> ByteImage {
        let upper = try top.rgb.resizedNearest(width: width, height: height)
        let weight = Int((min(max(opacity.isNaN ? 0 : opacity, 0), 1) * 256).rounded())
        var out = rgb
        for i in out.samples.indices {
            let mixed = Int(out.samples[i]) * (256 - weight) + Int(upper.samples[i]) * weight + 128
            out.samples[i] = UInt8(mixed >> 8)
        }
        return out
    }
}
