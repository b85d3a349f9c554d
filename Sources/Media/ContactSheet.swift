/// A light page of titled cells in rows, each a picture or wrapped text, in sections such as the samples of a batch.
package struct ContactSheet: Sendable {
    package enum Content: Sendable {
        /// Scaled to fit the cell without distortion: small ones by a whole number, in crisp squares, others bicubic.
        case image(ByteImage)
        /// Grows its row up to three cells high, and ends with an ellipsis where that is too little.
        case text(String)
        case empty
    }

    package struct Cell: Sendable {
        package var title: String
        package var content: Content
        /// What the picture's colours mean, below it.
        package var key: ColorKey?
        /// Small grey text below the content.
        package var footer: String

        package init(title: String, _ content: Content, key: ColorKey? = nil, footer: String = "") {
            self.title = title
            self.content = content
            self.key = key
            self.footer = footer
        }
    }

    /// Cells that belong together, under a heading; they start a row of their own.
    package struct Section: Sendable {
        package var title: String
        package var cells: [Cell]

        package init(title: String = "", _ cells: [Cell]) { (self.title, self.cells) = (title, cells) }
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
        /// Titles and texts of cells; headings are larger, what is faint a little smaller.
        package var font = TextFont(13)

        package init() {}

        var titleFont: TextFont { font.scaled(1.6, isBold: true) }
        var headingFont: TextFont { font.scaled(1.25, isBold: true) }
        var smallFont: TextFont { font.scaled(0.92) }
    }

    /// Pixels that a page should not be wider than; screens and printers show such a page as a whole.
    static let widest = 1600

    package var title: String
    package var footer: String
    package var sections: [Section]
    /// Cells in a row; nil for as many as ``widest`` allows, in rows of about the same length.
    package var columns: Int?
    /// Pixels of each cell's content.
    package var cellWidth: Int
    package var cellHeight: Int
    package var style = Style()

    package init(
        title: String = "", footer: String = "", columns: Int? = nil, cellWidth: Int = 224, cellHeight: Int = 224, sections: [Section] = []
    ) {
        self.title = title
        self.footer = footer
        self.columns = columns
        self.cellWidth = cellWidth
        self.cellHeight = cellHeight
        self.sections = sections
    }

    /// Draws the page, 8-bit RGB.
    /// - Throws: ``MediaError`` when the page would be empty or above ``ImageLimits``, and where cairo is not there.
    package func render() throws -> ByteImage {
        let layout = try SheetLayout(self)
        var page = try ByteImage(width: layout.width, height: layout.height, channels: 3, filledWith: 0)
        page.fill(PixelRect(x: 0, y: 0, width: page.width, height: page.height), style.background)
        for text in layout.texts {
            try page.text(lines: text.lines, x: text.x, y: text.y, text.isFaint ? style.faintInk : style.ink, text.font)
        }
        for rule in layout.rules { page.fill(rule, style.frame) }
        for (cell, card) in layout.cards {
            page.fill(PixelRect(x: card.x - 1, y: card.y - 1, width: card.width + 2, height: card.height + 2), style.frame)
            page.fill(card, style.card)
            try draw(cell.content, on: &page, card)
            let below = card.y + card.height + SheetLayout.gap
            try cell.key?.draw(on: &page, x: card.x, y: below, width: card.width, style.smallFont, style.faintInk)
        }
        return page
    }

    private func draw(_ content: Content, on page: inout ByteImage, _ card: PixelRect) throws {
        switch content {
        case .empty: return
        case .image(let image):
            let fitted = try image.fitted(width: cellWidth, height: cellHeight)
            page.paste(fitted, x: card.x + (card.width - fitted.width) / 2, y: card.y + (card.height - fitted.height) / 2)
        case .text(let text):
            let inner = card.width - 2 * style.padding
            var lines = style.font.wrap(text, width: inner)
            let room = max(1, (card.height - 2 * style.padding) / style.font.lineHeight)
            if lines.count > room {
                lines = Array(lines.prefix(room))
                lines[room - 1] = style.font.truncate(lines[room - 1], width: inner, isCut: true)
            }
            try page.text(lines: lines, x: card.x + style.padding, y: card.y + style.padding, style.ink, style.font)
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
