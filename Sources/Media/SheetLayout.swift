/// Positions of a contact sheet's parts, in pixels.
struct SheetLayout {
    /// Pixels between content and footer at text scale 1.
    static let gap = 5

    let columns: Int
    let scale: Int
    let titleScale: Int
    let width: Int
    let height: Int
    let footerTop: Int
    /// Wrapped titles and footers of each cell.
    let titles: [[String]]
    let footers: [[String]]
    /// Of each row: where its titles start, and their height with the gap below.
    let rowTops: [Int]
    let titleHeights: [Int]
    /// Width of the page's title and footer.
    let textWidth: Int

    init(_ sheet: ContactSheet) throws {
        let style = sheet.style
        let columns = max(1, min(sheet.columns, max(1, sheet.cells.count)))
        let scale = TextLayout.clampScale(style.textScale)
        for (name, value) in [("cell width", sheet.cellWidth), ("cell height", sheet.cellHeight)] {
            guard value >= 16, value <= 1 << 14 else {
                throw MediaError(.argument, "a \(name) of \(value) is not in 16...16384", remedy: "use about 224")
            }
        }
        guard (0...4096).contains(style.margin), (0...4096).contains(style.padding), sheet.cells.count <= 1 << 16 else {
            throw MediaError(
                .argument, "the sheet's margin, padding or number of cells is out of range",
                remedy: "use margins of 0 to 4096 pixels and at most 65536 cells")
        }
        let page = 2 * style.margin + columns * sheet.cellWidth + (columns - 1) * style.margin
        let textWidth = page - 2 * style.margin
        let lineHeight = TextLayout.lineHeight(scale: scale)
        let titleScale = TextLayout.clampScale(scale + 1)

        func lines(_ text: String, _ width: Int, _ scale: Int) -> [String] {
            text.isEmpty ? [] : TextLayout.wrap(text, width: width, scale: scale)
        }
        let titles = sheet.cells.map { lines($0.title, sheet.cellWidth, scale) }
        let footers = sheet.cells.map { lines($0.footer, sheet.cellWidth, scale) }

        var top = style.margin
        let heading = lines(sheet.title, textWidth, titleScale)
        if !heading.isEmpty { top += heading.count * TextLayout.lineHeight(scale: titleScale) + style.margin / 2 }
        var rowTops: [Int] = []
        var titleHeights: [Int] = []
        for start in stride(from: 0, to: sheet.cells.count, by: columns) {
            let row = start..<min(start + columns, sheet.cells.count)
            let titleHeight = (titles[row].map(\.count).max() ?? 0) * lineHeight + 2 * scale
            let footerLines = footers[row].map(\.count).max() ?? 0
            rowTops.append(top)
            titleHeights.append(titleHeight)
            top += titleHeight + sheet.cellHeight + style.margin
            if footerLines > 0 { top += footerLines * lineHeight + Self.gap * scale }
        }
        footerTop = top
        let footerLines = lines(sheet.footer, textWidth, scale).count
        if footerLines > 0 { top += footerLines * lineHeight + style.margin }
        (self.columns, self.scale, self.titleScale, self.textWidth) = (columns, scale, titleScale, textWidth)
        (self.titles, self.footers, self.rowTops, self.titleHeights) = (titles, footers, rowTops, titleHeights)
        (width, height) = (page, max(top, 1))
        _ = try rasterCount(width: width, height: height, channels: 3)
    }

    /// Height of a cell title of that many lines with the gap below it.
    func textHeight(_ lines: Int) -> Int { lines * TextLayout.lineHeight(scale: scale) + 2 * scale }
}
