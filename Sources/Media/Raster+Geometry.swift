/// A rectangle of pixels in the reference's order: top, left, height, width. It may reach outside the picture.
package struct CropBox: Sendable, Equatable {
    package var top: Int
    package var left: Int
    package var height: Int
    package var width: Int

    package init(top: Int, left: Int, height: Int, width: Int) {
        self.top = top
        self.left = left
        self.height = height
        self.width = width
    }
}

extension Raster {
    /// The pixels of `box`; what lies outside the picture takes the value `padding`.
    /// - Throws: ``MediaError`` when `box` is empty or too large.
    package func crop(_ box: CropBox, padding: Sample) throws -> Raster {
        let count = try rasterCount(width: box.width, height: box.height, channels: channels)
        let (right, overflowX) = box.left.addingReportingOverflow(box.width)
        let (bottom, overflowY) = box.top.addingReportingOverflow(box.height)
        guard !overflowX, !overflowY else {
            throw MediaError(
                .argument, "the crop at row \(box.top), column \(box.left) is out of range",
                remedy: "give a crop near the picture")
        }
        if box == CropBox(top: 0, left: 0, height: height, width: width) { return self }
        var out = [Sample](repeating: padding, count: count)
        let (x0, x1) = (max(0, box.left), min(width, right))
        let (y0, y1) = (max(0, box.top), min(height, bottom))
        if x0 < x1 {
            for y in y0..<max(y0, y1) {
                let source = (y * width + x0) * channels
                let target = ((y - box.top) * box.width + (x0 - box.left)) * channels
                let run = (x1 - x0) * channels
                out.replaceSubrange(target..<target + run, with: samples[source..<source + run])
            }
        }
        return Raster(unchecked: out, width: box.width, height: box.height, channels: channels)
    }

    /// The largest centred square: side min(width, height), offsets (size - side) / 2 rounded half to even
    /// (torchvision's `center_crop`).
    package var centerSquare: CropBox {
        let side = min(width, height)
        func offset(_ size: Int) -> Int { Int((Double(size - side) / 2).rounded(.toNearestOrEven)) }
        return CropBox(top: offset(height), left: offset(width), height: side, width: side)
    }

    /// Mirrored left to right.
    package func flippedHorizontally() -> Raster {
        remapped(width: width, height: height) { x, y in (width - 1 - x, y) }
    }

    /// Mirrored top to bottom.
    package func flippedVertically() -> Raster {
        remapped(width: width, height: height) { x, y in (x, height - 1 - y) }
    }

    /// Upright according to an EXIF orientation (1 to 8, TIFF 6.0 tag 274); other values leave the picture as it is.
    package func oriented(_ orientation: Int) -> Raster {
        let (w, h) = (width - 1, height - 1)
        return switch orientation {
        case 2: flippedHorizontally()
        case 3: remapped(width: width, height: height) { x, y in (w - x, h - y) }
        case 4: flippedVertically()
        case 5: remapped(width: height, height: width) { x, y in (y, x) }
        case 6: remapped(width: height, height: width) { x, y in (y, h - x) }
        case 7: remapped(width: height, height: width) { x, y in (w - y, h - x) }
        case 8: remapped(width: height, height: width) { x, y in (w - y, x) }
        default: self
        }
    }

    /// A picture of the same number of pixels whose (x, y) comes from `source(x, y)`.
    private func remapped(width newWidth: Int, height newHeight: Int, source: (Int, Int) -> (Int, Int)) -> Raster {
        var out = [Sample]()
        out.reserveCapacity(samples.count)
        for y in 0..<newHeight {
            for x in 0..<newWidth {
                let (sx, sy) = source(x, y)
                let from = (sy * width + sx) * channels
                for c in 0..<channels { out.append(samples[from + c]) }
            }
        }
        return Raster(unchecked: out, width: newWidth, height: newHeight, channels: channels)
    }
}

extension Raster where Sample: Numeric {
    /// The pixels of `box`, zero outside the picture.
    package func crop(_ box: CropBox) throws -> Raster { try crop(box, padding: 0) }

    /// The largest centred square (see ``centerSquare``).
    package func centerCropped() -> Raster {
        (try? crop(centerSquare)) ?? self
    }
}
