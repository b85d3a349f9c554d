/// A detection: corners in pixels (edges, so a whole picture is 0, 0, width, height), its class name and colour.
package struct LabeledBox: Sendable, Equatable {
    package var xMin: Double
    package var yMin: Double
    package var xMax: Double
    package var yMax: Double
    package var label: String
    /// nil: a colour by the order in which labels first appear.
    package var color: RGBColor?

    package init(
        xMin: Double, yMin: Double, xMax: Double, yMax: Double, label: String, color: RGBColor? = nil
    ) {
        self.xMin = xMin
        self.yMin = yMin
        self.xMax = xMax
        self.yMax = yMax
        self.label = label
        self.color = color
    }
}

extension Raster where Sample == UInt8 {
    /// Draws boxes with their labels. A label stands on its box, or inside where there is no room above; boxes are
    /// clamped to the picture. Thickness and text grow with the picture.
    /// - Throws: ``MediaError`` where cairo is not there.
    package mutating func draw(boxes: [LabeledBox]) throws {
        let (font, padding) = (TextFont(11 * markScale), Int((4 * markScale).rounded()))
        let palette = LabelPalette.distinct(boxes.count)
        var indices: [String: Int] = [:]
        var tags: [(rect: PixelRect, label: String, color: RGBColor)] = []
        for box in boxes {
            let index = indices[box.label] ?? indices.count
            indices[box.label] = index
            let color = box.color ?? palette[index]
            let rect = pixelRect(box)
            outline(rect, color, thickness: Int((2 * markScale).rounded()))
            if !box.label.isEmpty {
                tags.append((tagRect(font.width(box.label) + 2 * padding, font.lineHeight, on: rect), box.label, color))
            }
        }
        for tag in tags {
            fill(tag.rect, tag.color)
            let label = font.truncate(tag.label, width: max(0, tag.rect.width - 2 * padding))
            try text(label, x: tag.rect.x + padding, y: tag.rect.y, tag.color.readableInk, font)
        }
    }

    /// How much larger than at 480 pixels marks in a picture are, at least 1.
    package var markScale: Double { max(1, Double(min(width, height)) / 480) }

    private func pixelRect(_ box: LabeledBox) -> PixelRect {
        func pixel(_ value: Double, _ limit: Int) -> Int {
            value > 0 ? Int(min(value, Double(limit)).rounded()) : 0
        }
        let (x0, x1) = (pixel(min(box.xMin, box.xMax), width - 1), pixel(max(box.xMin, box.xMax), width))
        let (y0, y1) = (pixel(min(box.yMin, box.yMax), height - 1), pixel(max(box.yMin, box.yMax), height))
        return PixelRect(x: x0, y: y0, width: max(1, x1 - x0), height: max(1, y1 - y0))
    }

    private func tagRect(_ wanted: Int, _ tagHeight: Int, on box: PixelRect) -> PixelRect {
        let tagWidth = min(width, wanted)
        let above = box.y - tagHeight
        return PixelRect(
            x: max(0, min(box.x, width - tagWidth)), y: above >= 0 ? above : box.y, width: tagWidth, height: tagHeight)
    }
}
