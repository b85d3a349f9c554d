extension Raster where Sample == UInt8 {
    /// Resizes as Pillow does: separable, 8-bit between the passes, 22-bit fixed-point weights; RGBA is resized with premultiplied alpha. The same bits on every machine.
    /// - Throws: ``MediaError`` when the target is empty or above ``ImageLimits``.
    package func resize(
        width newWidth: Int, height newHeight: Int, filter: ResampleFilter = .bicubic
    ) throws -> ByteImage {
        _ = try rasterCount(width: newWidth, height: newHeight, channels: channels)
        if newWidth == width && newHeight == height { return self }
        if filter == .nearest { return try resizedNearest(width: newWidth, height: newHeight) }
        if channels == 4 {
            return try premultiplied.resampled(newWidth, newHeight, filter).unpremultiplied
        }
        return try resampled(newWidth, newHeight, filter)
    }

    private func resampled(_ newWidth: Int, _ newHeight: Int, _ filter: ResampleFilter) throws -> ByteImage {
        if resizesColumnsFirst(newWidth, newHeight) {
            let image = try resampledColumns(newHeight, filter)
            return newWidth == width ? image : try image.resampledRows(newWidth, filter)
        }
        let image = newWidth == width ? self : try resampledRows(newWidth, filter)
        return newHeight == height ? image : try image.resampledColumns(newHeight, filter)
    }

    private func resampledRows(_ newWidth: Int, _ filter: ResampleFilter) throws -> ByteImage {
        let table = ResampleTable(inputs: width, outputs: newWidth, filter: filter)
        let fixed = table.fixedPoint
        let total = try rasterCount(width: newWidth, height: height, channels: channels)
        let (height, channels, rowSize) = (height, channels, width * channels)
        let out = [UInt8](unsafeUninitializedCapacity: total) { out, count in
            samples.withUnsafeBufferPointer { source in
                fixed.withUnsafeBufferPointer { fixed in
                    // Row by row: a large picture goes through the caches once.
                    for y in 0..<height {
                        for x in 0..<newWidth {
                            let first = x * table.stride
                            let weights = UnsafeBufferPointer(rebasing: fixed[first..<first + table.counts[x]])
                            let from = y * rowSize + table.starts[x] * channels
                            let to = (y * newWidth + x) * channels
                            if channels == 3 {
                                (out[to], out[to + 1], out[to + 2]) = weightedPixel(source, from, weights)
                            } else {
                                for c in 0..<channels {
                                    out[to + c] = weightedSample(source, from + c, channels, weights)
                                }
                            }
                        }
                    }
                }
            }
            count = total
        }
        return ByteImage(unchecked: out, width: newWidth, height: height, channels: channels)
    }

    private func resampledColumns(_ newHeight: Int, _ filter: ResampleFilter) throws -> ByteImage {
        let table = ResampleTable(inputs: height, outputs: newHeight, filter: filter)
        let fixed = table.fixedPoint
        let total = try rasterCount(width: width, height: newHeight, channels: channels)
        let rowSize = width * channels
        var sums = [Int32](repeating: 0, count: rowSize)
        let out = [UInt8](unsafeUninitializedCapacity: total) { out, count in
            samples.withUnsafeBufferPointer { source in
                sums.withUnsafeMutableBufferPointer { sums in
                    for y in 0..<newHeight {
                        sums.update(repeating: half)
                        for i in 0..<table.counts[y] {
                            let weight = fixed[y * table.stride + i]
                            let row = (table.starts[y] + i) * rowSize
                            for x in 0..<rowSize { sums[x] = sums[x] &+ Int32(source[row + x]) &* weight }
                        }
                        for x in 0..<rowSize { out[y * rowSize + x] = clamp8(sums[x]) }
                    }
                }
            }
            count = total
        }
        return ByteImage(unchecked: out, width: width, height: newHeight, channels: channels)
    }

    private var premultiplied: ByteImage {
        mappingColorWithAlpha { value, alpha in
            let product = Int(value) * Int(alpha) + 128
            return UInt8(truncatingIfNeeded: ((product >> 8) + product) >> 8)
        }
    }

    private var unpremultiplied: ByteImage {
        mappingColorWithAlpha { value, alpha in
            alpha == 0 || alpha == 255 ? value : UInt8(min(255, 255 * Int(value) / Int(alpha)))
        }
    }

    private func mappingColorWithAlpha(_ body: (UInt8, UInt8) -> UInt8) -> ByteImage {
        var copy = self
        for pixel in stride(from: 0, to: samples.count, by: 4) {
            for c in 0..<3 { copy.samples[pixel + c] = body(samples[pixel + c], samples[pixel + 3]) }
        }
        return copy
    }
}

/// One half in the fixed point of ``ResampleTable``, for rounding.
private let half: Int32 = 1 << Int32(ResampleTable.precision - 1)

@inline(__always)
private func weightedSample(
    _ source: UnsafeBufferPointer<UInt8>, _ start: Int, _ step: Int, _ weights: UnsafeBufferPointer<Int32>
) -> UInt8 {
    var sum = half
    var at = start
    for weight in weights {
        sum = sum &+ Int32(source[at]) &* weight
        at &+= step
    }
    return clamp8(sum)
}

@inline(__always)
private func weightedPixel(
    _ source: UnsafeBufferPointer<UInt8>, _ start: Int, _ weights: UnsafeBufferPointer<Int32>
) -> (UInt8, UInt8, UInt8) {
    var (r, g, b) = (half, half, half)
    var at = start
    for weight in weights {
        r = r &+ Int32(source[at]) &* weight
        g = g &+ Int32(source[at &+ 1]) &* weight
        b = b &+ Int32(source[at &+ 2]) &* weight
        at &+= 3
    }
    return (clamp8(r), clamp8(g), clamp8(b))
}

@inline(__always)
private func clamp8(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: max(0, min(255, sum >> Int32(ResampleTable.precision))))
}

extension Raster {
    /// Whether Pillow (from version 13 on) makes the new height before the new width, which decides how values between the passes are
    /// rounded: where the height loses more than twice the pixels that the width loses.
    func resizesColumnsFirst(_ newWidth: Int, _ newHeight: Int) -> Bool {
        newHeight < height && height - newHeight > 2 * (width - newWidth)
    }

    /// Nearest neighbour: output i takes input floor((i + 0.5) * in / out). Ties are decided by how the position is
    /// computed, which in Pillow differs: 8-bit and float pictures sum it step by step, 16-bit ones multiply.
    /// - Throws: ``MediaError`` when the target is empty or above ``ImageLimits``.
    package func resizedNearest(width newWidth: Int, height newHeight: Int) throws -> Raster {
        let total = try rasterCount(width: newWidth, height: newHeight, channels: channels)
        if newWidth == width && newHeight == height { return self }
        let columns = nearestPositions(inputs: width, outputs: newWidth)
        var out = [Sample]()
        out.reserveCapacity(total)
        for row in nearestPositions(inputs: height, outputs: newHeight) {
            for column in columns {
                let from = (row * width + column) * channels
                for c in 0..<channels { out.append(samples[from + c]) }
            }
        }
        return Raster(unchecked: out, width: newWidth, height: newHeight, channels: channels)
    }

    private func nearestPositions(inputs: Int, outputs: Int) -> [Int] {
        let step = Double(inputs) / Double(outputs)
        let multiplies = Sample.self == UInt16.self
        var position = step * 0.5
        return (0..<outputs).map { output in
            defer { position += step }
            return min(inputs - 1, Int(multiplies ? (Double(output) + 0.5) * step : position))
        }
    }
}
