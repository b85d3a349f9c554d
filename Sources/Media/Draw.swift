/// A rectangle in pixels: columns x..<x + width, rows y..<y + height. It may reach outside a picture.
package struct PixelRect: Sendable, Equatable {
    package var x: Int
    package var y: Int
    package var width: Int
    package var height: Int

    package init(x: Int, y: Int, width: Int, height: Int) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }
}

/// Drawing. Everything is clipped to the picture; grey pictures take a colour's luma, RGBA ones become opaque.
extension Raster where Sample == UInt8 {
    /// Fills `rect`.
    package mutating func fill(_ rect: PixelRect, _ color: RGBColor) {
        let columns = clipped(rect.x, rect.width, to: width)
        let ink = ink(color)
        for y in clipped(rect.y, rect.height, to: height) {
            for x in columns { put(ink, x, y) }
        }
    }

    /// Draws the frame of `rect`, `thickness` pixels wide, inside it.
    package mutating func outline(_ rect: PixelRect, _ color: RGBColor, thickness: Int = 1) {
        guard rect.width > 0, rect.height > 0 else { return }
        let t = max(1, min(thickness, rect.width, rect.height))
        let right = saturatingSum(rect.x, rect.width - t)
        let bottom = saturatingSum(rect.y, rect.height - t)
        fill(PixelRect(x: rect.x, y: rect.y, width: rect.width, height: t), color)
        fill(PixelRect(x: rect.x, y: bottom, width: rect.width, height: t), color)
        fill(PixelRect(x: rect.x, y: rect.y, width: t, height: rect.height), color)
        fill(PixelRect(x: right, y: rect.y, width: t, height: rect.height), color)
    }

    /// Draws lines from point to point with round ends and corners; one point is a disc.
    /// - Throws: ``MediaError`` where cairo is not there.
    package mutating func lines(_ points: [(x: Double, y: Double)], _ color: RGBColor, thickness: Double) throws {
        try cover(Coverage.lines(points, thickness: thickness, in: width, height), color)
    }

    /// Draws one line of text; (x, y) is its top left corner.
    /// - Throws: ``MediaError`` where cairo is not there.
    package mutating func text(_ string: String, x: Int, y: Int, _ color: RGBColor, _ font: TextFont) throws {
        try cover(font.coverage(string, x: x, y: y, in: width, height), color)
    }

    /// Draws lines below each other (see ``TextFont/wrap(_:width:)``).
    /// - Throws: ``MediaError`` where cairo is not there.
    package mutating func text(lines: [String], x: Int, y: Int, _ color: RGBColor, _ font: TextFont) throws {
        var top = y
        for line in lines {
            guard top < height else { return }
            try text(line, x: x, y: top, color, font)
            top = saturatingSum(top, font.lineHeight)
        }
    }

    /// Copies `image` with its top left corner at (x, y).
    package mutating func paste(_ image: ByteImage, x: Int, y: Int) {
        let columns = clipped(x, image.width, to: width)
        for row in clipped(y, image.height, to: height) {
            for column in columns { put(image.ink(atColumn: column - x, row: row - y), column, row) }
        }
    }

    private func ink(atColumn x: Int, row y: Int) -> Ink {
        let at = (y * width + x) * channels
        if channels == 1 { return Ink(color: RGBColor(samples[at], samples[at], samples[at]), gray: samples[at]) }
        return ink(RGBColor(samples[at], samples[at + 1], samples[at + 2]))
    }

    private func ink(_ color: RGBColor) -> Ink { Ink(color: color, gray: color.luminance) }

    private mutating func cover(_ coverage: Coverage?, _ color: RGBColor) {
        guard let coverage else { return }
        let ink = ink(color)
        for y in coverage.rows {
            for x in coverage.columns where coverage[x, y] > 0 { lay(ink, x, y, part: Int(coverage[x, y])) }
        }
    }

    private mutating func put(_ ink: Ink, _ x: Int, _ y: Int) {
        let at = (y * width + x) * channels
        if channels == 1 {
            samples[at] = ink.gray
            return
        }
        samples[at] = ink.color.red
        samples[at + 1] = ink.color.green
        samples[at + 2] = ink.color.blue
        if channels == 4 { samples[at + 3] = 255 }
    }

    /// Lays `ink` over `part` of 255 parts of a pixel.
    private mutating func lay(_ ink: Ink, _ x: Int, _ y: Int, part: Int) {
        let at = (y * width + x) * channels
        if channels == 1 {
            samples[at] = mixed(samples[at], ink.gray, part, of: 255)
            return
        }
        // Of what is to be seen, in parts of 255²: the ink's share and that of the picture.
        let (upper, lower) = (255 * part, (channels == 4 ? Int(samples[at + 3]) : 255) * (255 - part))
        samples[at] = mixed(samples[at], ink.color.red, upper, of: upper + lower)
        samples[at + 1] = mixed(samples[at + 1], ink.color.green, upper, of: upper + lower)
        samples[at + 2] = mixed(samples[at + 2], ink.color.blue, upper, of: upper + lower)
        if channels == 4 { samples[at + 3] = UInt8((upper + lower + 127) / 255) }
    }
}

/// `part` of `whole` of `upper`, the rest of `lower`, to the nearest.
private func mixed(_ lower: UInt8, _ upper: UInt8, _ part: Int, of whole: Int) -> UInt8 {
    whole > 0 ? UInt8((Int(lower) * (whole - part) + Int(upper) * part + whole / 2) / whole) : upper
}

private struct Ink {
    let color: RGBColor
    let gray: UInt8
}

private func saturatingSum(_ a: Int, _ b: Int) -> Int {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? (a > 0 ? .max : .min) : sum
}

private func clipped(_ start: Int, _ length: Int, to limit: Int) -> Range<Int> {
    let first = min(max(0, start), limit)
    return first..<max(first, min(limit, saturatingSum(start, max(0, length))))
}
