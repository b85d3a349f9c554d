/// A light page of titled cells in a grid, each a picture or wrapped text.
package struct ContactSheet: Sendable {
    package enum Content: Sendable {
        /// Scaled to fit the cell without distortion: small ones by a whole number, in crisp squares, others bicubic.
        case image(ByteImage)
        case text(String)
        /// Coloured squares with names, for example the classes of a segmentation.
        case legend([(name: String, color: RGBColor)])
        case empty
    }

    package struct Cell: Sendable {
        package var title: String
        package var content: Content
        /// Small grey text below the content.
        package var footer: String

        package init(title: String, _ content: Content, footer: String = "") {
            self.title = title
            self.content = content
            self.footer = footer
        }
    }

    package struct Style: Sendable {
        package var background = RGBColor(hex: 0xF4F4F1)
        package var card = RGBColor.white
        package var frame = RGBColor(hex: 0xD5D5CF)
        package var ink = RGBColor(hex: 0x22252A)
        package var faintInk = RGBColor(hex: 0x6C7077)
        /// Pixels between cells and around the page.
        package var margin = 20
        /// Pixels between a cell's text and its edge.
        package var padding = 8
        /// Whole-number size of cell text; the sheet title is one size larger.
        package var textScale = 1

        package init() {}
    }

    package var title: String
    package var footer: String
    package var cells: [Cell]
    package var columns: Int
    /// Pixels of each cell's content.
    package var cellWidth: Int
    package var cellHeight: Int
    package var style = Style()

    package init(
        title: String = "", footer: String = "", columns: Int, cellWidth: Int = 224, cellHeight: Int = 224,
        cells: [Cell] = []
    ) {
        self.title = title
        self.footer = footer
        self.columns = columns
        self.cellWidth = cellWidth
        self.cellHeight = cellHeight
        self.cells = cells
    }

    /// Draws the page, 8-bit RGB.
    /// - Throws: ``MediaError`` when the page would be empty or above ``ImageLimits``.
    package func render() throws -> ByteImage {
        let layout = try SheetLayout(self)
        var page = try ByteImage(width: layout.width, height: layout.height, channels: 3, filledWith: 0)
        page.fill(PixelRect(x: 0, y: 0, width: page.width, height: page.height), style.background)
        let textWidth = layout.textWidth
        let titleLines = title.isEmpty ? [] : TextLayout.wrap(title, width: textWidth, scale: layout.titleScale)
        page.text(lines: titleLines, x: style.margin, y: style.margin, style.ink, scale: layout.titleScale)
        for (index, cell) in cells.enumerated() {
            try draw(cell, on: &page, layout: layout, index: index)
        }
        let footerLines = footer.isEmpty ? [] : TextLayout.wrap(footer, width: textWidth, scale: layout.scale)
        page.text(lines: footerLines, x: style.margin, y: layout.footerTop, style.faintInk, scale: layout.scale)
        return page
    }

    private func draw(_ cell: Cell, on page: inout ByteImage, layout: SheetLayout, index: Int) throws {
        let column = index % layout.columns
        let row = index / layout.columns
        let x = style.margin + column * (cellWidth + style.margin)
        let top = layout.rowTops[row]
        let titleLines = layout.titles[index]
        let titleBottom = top + layout.titleHeights[row]
        let titleTop = titleBottom - layout.textHeight(titleLines.count)
        page.text(lines: titleLines, x: x, y: titleTop, style.ink, scale: layout.scale)
        let card = PixelRect(x: x - 1, y: titleBottom - 1, width: cellWidth + 2, height: cellHeight + 2)
        page.fill(card, style.frame)
        page.fill(PixelRect(x: x, y: titleBottom, width: cellWidth, height: cellHeight), style.card)
        try draw(cell.content, on: &page, x: x, y: titleBottom, scale: layout.scale)
        page.text(
            lines: layout.footers[index], x: x, y: titleBottom + cellHeight + SheetLayout.gap * layout.scale,
            style.faintInk, scale: layout.scale)
    }

    private func draw(_ content: Content, on page: inout ByteImage, x: Int, y: Int, scale: Int) throws {
        switch content {
        case .empty: return
        case .image(let image):
            let fitted = try image.fitted(width: cellWidth, height: cellHeight)
            page.paste(fitted, x: x + (cellWidth - fitted.width) / 2, y: y + (cellHeight - fitted.height) / 2)
        case .text(let text):
            let inner = cellWidth - 2 * style.padding
            var lines = TextLayout.wrap(text, width: inner, scale: scale)
            let room = max(1, (cellHeight - 2 * style.padding) / TextLayout.lineHeight(scale: scale))
            if lines.count > room {
                lines = Array(lines.prefix(room))
                lines[room - 1] = TextLayout.truncate(lines[room - 1] + " ....", width: inner, scale: scale)
            }
            page.text(lines: lines, x: x + style.padding, y: y + style.padding, style.ink, scale: scale)
        case .legend(let entries):
            drawLegend(entries, on: &page, x: x, y: y, scale: scale)
        }
    }

    private func drawLegend(
        _ entries: [(name: String, color: RGBColor)], on page: inout ByteImage, x: Int, y: Int, scale: Int
    ) {
        let step = (Font.lineHeight + 3) * scale
        let side = Font.height * scale
        let room = max(1, (cellHeight - 2 * style.padding) / step)
        let columnCount = max(1, (entries.count + room - 1) / room)
        let columnWidth = (cellWidth - 2 * style.padding) / columnCount
        for (index, entry) in entries.enumerated() {
            let left = x + style.padding + index / room * columnWidth
            let top = y + style.padding + index % room * step
            page.fill(PixelRect(x: left, y: top, width: side, height: side), entry.color)
            let name = TextLayout.truncate(entry.name, width: columnWidth - side - 8 * scale, scale: scale)
            page.text(name, x: left + side + 6 * scale, y: top + scale, style.ink, scale: scale)
        }
    }
}

extension Raster where Sample == UInt8 {
    /// As large as fits into width x height without distortion.
    fileprivate func fitted(width limitX: Int, height limitY: Int) throws -> ByteImage {
        let whole = min(limitX / width, limitY / height)
        if whole >= 4 {
            return try rgb.resizedNearest(width: width * whole, height: height * whole)
        }
        let factor = min(Double(limitX) / Double(width), Double(limitY) / Double(height))
        return try rgb.resize(
            width: max(1, Int((Double(width) * factor).rounded())),
            height: max(1, Int((Double(height) * factor).rounded())), filter: .bicubic)
    }
}
