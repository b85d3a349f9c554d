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
    /// clamped to the picture. Without a scale, thickness and text grow with the picture.
    package mutating func draw(boxes: [LabeledBox], scale: Int? = nil) {
        let scale = TextLayout.clampScale(scale ?? (min(width, height) + 240) / 480)
        let palette = LabelPalette.distinct(boxes.count)
        var indices: [String: Int] = [:]
        var tags: [(rect: PixelRect, label: String, color: RGBColor)] = []
        for box in boxes {
            let index = indices[box.label] ?? indices.count
            indices[box.label] = index
            let color = box.color ?? palette[index]
            let rect = pixelRect(box)
            outline(rect, color, thickness: 2 * scale)
            if !box.label.isEmpty { tags.append((tagRect(box.label, on: rect, scale: scale), box.label, color)) }
        }
        for tag in tags {
            fill(tag.rect, tag.color)
            let inner = max(0, tag.rect.width - 6 * scale)
            let label = TextLayout.truncate(tag.label, width: inner, scale: scale)
            text(label, x: tag.rect.x + 3 * scale, y: tag.rect.y + 2 * scale, tag.color.readableInk, scale: scale)
        }
    }

    private func pixelRect(_ box: LabeledBox) -> PixelRect {
        func pixel(_ value: Double, _ limit: Int) -> Int {
            value > 0 ? Int(min(value, Double(limit)).rounded()) : 0
        }
        let (x0, x1) = (pixel(min(box.xMin, box.xMax), width - 1), pixel(max(box.xMin, box.xMax), width))
        let (y0, y1) = (pixel(min(box.yMin, box.yMax), height - 1), pixel(max(box.yMin, box.yMax), height))
        return PixelRect(x: x0, y: y0, width: max(1, x1 - x0), height: max(1, y1 - y0))
    }

    private func tagRect(_ label: String, on box: PixelRect, scale: Int) -> PixelRect {
        let tagHeight = (Font.height + 3) * scale
        let tagWidth = min(width, TextLayout.width(label, scale: scale) + 6 * scale)
        let above = box.y - tagHeight
        return PixelRect(
            x: max(0, min(box.x, width - tagWidth)), y: above >= 0 ? above : box.y, width: tagWidth, height: tagHeight)
    }
}
