extension Raster where Sample == UInt16 {
    /// Resizes 16-bit grey as Pillow resizes mode `I;16`: double-precision sums, rounded to 16 bits after each pass and clipped.
    /// - Throws: ``MediaError`` when the target is empty or above ``ImageLimits``.
    package func resize(
        width newWidth: Int, height newHeight: Int, filter: ResampleFilter = .bicubic
    ) throws -> Image16 {
        _ = try rasterCount(width: newWidth, height: newHeight, channels: channels)
        if filter == .nearest { return try resizedNearest(width: newWidth, height: newHeight) }
        return try resampledWide(newWidth, newHeight, filter, load: Double.init) { sum in
            UInt16(max(0, min(65535, sum.rounded(.toNearestOrAwayFromZero))))
        }
    }
}

extension Raster where Sample == Float {
    /// Resizes as Pillow resizes mode `F`: double-precision sums, rounded to Float after each pass.
    /// - Throws: ``MediaError`` when the target is empty or above ``ImageLimits``.
    package func resize(
        width newWidth: Int, height newHeight: Int, filter: ResampleFilter = .bicubic
    ) throws -> FloatImage {
        _ = try rasterCount(width: newWidth, height: newHeight, channels: channels)
        if filter == .nearest { return try resizedNearest(width: newWidth, height: newHeight) }
        return try resampledWide(newWidth, newHeight, filter, load: Double.init, store: Float.init)
    }
}

extension Raster {
    fileprivate func resampledWide(
        _ newWidth: Int, _ newHeight: Int, _ filter: ResampleFilter,
        load: (Sample) -> Double, store: (Double) -> Sample
    ) throws -> Raster {
        if resizesColumnsFirst(newWidth, newHeight) {
            let image = try wideColumns(newHeight, filter, load: load, store: store)
            return newWidth == width ? image : try image.wideRows(newWidth, filter, load: load, store: store)
        }
        let image = newWidth == width ? self : try wideRows(newWidth, filter, load: load, store: store)
        return newHeight == height ? image : try image.wideColumns(newHeight, filter, load: load, store: store)
    }

    private func wideRows(
        _ newWidth: Int, _ filter: ResampleFilter, load: (Sample) -> Double, store: (Double) -> Sample
    ) throws -> Raster {
        let table = ResampleTable(inputs: width, outputs: newWidth, filter: filter)
        var out = [Sample]()
        out.reserveCapacity(try rasterCount(width: newWidth, height: height, channels: channels))
        for y in 0..<height {
            for x in 0..<newWidth {
                for c in 0..<channels {
                    var sum = 0.0
                    for i in 0..<table.counts[x] {
                        let at = (y * width + table.starts[x] + i) * channels + c
                        sum += load(samples[at]) * table.weights[x * table.stride + i]
                    }
                    out.append(store(sum))
                }
            }
        }
        return Raster(unchecked: out, width: newWidth, height: height, channels: channels)
    }

    private func wideColumns(
        _ newHeight: Int, _ filter: ResampleFilter, load: (Sample) -> Double, store: (Double) -> Sample
    ) throws -> Raster {
        let table = ResampleTable(inputs: height, outputs: newHeight, filter: filter)
        let rowSize = width * channels
        var out = [Sample]()
        out.reserveCapacity(try rasterCount(width: width, height: newHeight, channels: channels))
        var sums = [Double](repeating: 0, count: rowSize)
        for y in 0..<newHeight {
            for x in 0..<rowSize { sums[x] = 0 }
            for i in 0..<table.counts[y] {
                let weight = table.weights[y * table.stride + i]
                let row = (table.starts[y] + i) * rowSize
                for x in 0..<rowSize { sums[x] += load(samples[row + x]) * weight }
            }
            for sum in sums { out.append(store(sum)) }
        }
        return Raster(unchecked: out, width: width, height: newHeight, channels: channels)
    }
}
