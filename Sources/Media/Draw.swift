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

    /// Draws a straight line between two points (both included) with a square brush.
    package mutating func line(
        from start: (x: Int, y: Int), to end: (x: Int, y: Int), _ color: RGBColor, thickness: Int = 1
    ) {
        // Points are clamped to a range in which the steps stay few and the sums small.
        func near(_ v: Int) -> Int { max(-1 << 16, min(v, 1 << 20)) }
        let (x0, y0, x1, y1) = (near(start.x), near(start.y), near(end.x), near(end.y))
        let t = max(1, min(thickness, 1 << 12))
        let steps = max(abs(x1 - x0), abs(y1 - y0))
        for step in 0...steps {
            let part = steps == 0 ? 0 : Double(step) / Double(steps)
            let x = x0 + Int((Double(x1 - x0) * part).rounded())
            let y = y0 + Int((Double(y1 - y0) * part).rounded())
            fill(PixelRect(x: x - (t - 1) / 2, y: y - (t - 1) / 2, width: t, height: t), color)
        }
    }

    /// Draws one line of text; (x, y) is its top left corner. Glyphs are ``TextLayout/glyphHeight(scale:)`` high.
    package mutating func text(_ string: String, x: Int, y: Int, _ color: RGBColor, scale: Int = 1) {
        let scale = TextLayout.clampScale(scale)
        var left = x
        for glyph in string.unicodeScalars.lazy.flatMap(Font.glyphs) {
            guard left < width else { return }
            for (row, bits) in glyph.rows.enumerated() where bits != 0 {
                for column in 0..<glyph.width where bits >> column & 1 == 1 {
                    fill(
                        PixelRect(
                            x: saturatingSum(left, column * scale), y: saturatingSum(y, row * scale), width: scale,
                            height: scale), color)
                }
            }
            left = saturatingSum(left, (glyph.width + Font.spacing) * scale)
        }
    }

    /// Draws lines below each other (see ``TextLayout/wrap(_:width:scale:)``).
    package mutating func text(lines: [String], x: Int, y: Int, _ color: RGBColor, scale: Int = 1) {
        var top = y
        for line in lines {
            guard top < height else { return }
            text(line, x: x, y: top, color, scale: scale)
            top = saturatingSum(top, TextLayout.lineHeight(scale: scale))
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
