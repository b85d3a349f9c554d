/// Positions of a contact sheet's parts, in pixels.
struct SheetLayout {
    /// Pixels between content and what is below it.
    static let gap = 5

    /// Lines of text and their top left corner.
    struct Text {
        let lines: [String]
        let x: Int
        let y: Int
        let font: TextFont
        var isFaint = false
    }

    let width: Int
    private(set) var height: Int
    private(set) var texts: [Text] = []
    /// Lines above sections that have a heading.
    private(set) var rules: [PixelRect] = []
    /// Places of contents.
    private(set) var cards: [(cell: ContactSheet.Cell, card: PixelRect)] = []

    private let sheet: ContactSheet
    private let columns: Int
    private let textWidth: Int

    init(_ sheet: ContactSheet) throws {
        try SheetLayout.check(sheet)
        let margin = sheet.style.margin
        self.sheet = sheet
        columns = SheetLayout.columns(sheet)
        width = 2 * margin + columns * sheet.cellWidth + (columns - 1) * margin
        textWidth = width - 2 * margin
        height = margin
        add(sheet.title, sheet.style.titleFont, after: margin / 2)
        for section in sheet.sections { add(section) }
        add(sheet.footer, sheet.style.smallFont, after: margin, isFaint: true)
        height = max(height, 1)
        _ = try rasterCount(width: width, height: height, channels: 3)
    }

    private static func check(_ sheet: ContactSheet) throws {
        let style = sheet.style
        for (name, value) in [("cell width", sheet.cellWidth), ("cell height", sheet.cellHeight)] {
            guard value >= 16, value <= 1 << 14 else {
                throw MediaError(.argument, "a \(name) of \(value) is not in 16...16384", remedy: "use about 224")
            }
        }
        let cells = sheet.sections.reduce(0) { $0 + $1.cells.count }
        guard (0...4096).contains(style.margin), (0...4096).contains(style.padding), cells <= 1 << 16 else {
            throw MediaError(
                .argument, "the sheet's margin, padding or number of cells is out of range",
                remedy: "use margins of 0 to 4096 pixels and at most 65536 cells")
        }
    }

    /// Cells in a row: rows are as many as the widest page needs, and then as even as can be.
    private static func columns(_ sheet: ContactSheet) -> Int {
        let longest = max(sheet.sections.map(\.cells.count).max() ?? 1, 1)
        if let columns = sheet.columns { return max(1, min(columns, longest)) }
        let margin = sheet.style.margin
        let most = max(1, (ContactSheet.widest - margin) / (sheet.cellWidth + margin))
        let rows = (longest + most - 1) / most
        return (longest + rows - 1) / rows
    }

    private func lines(_ text: String, _ width: Int, _ font: TextFont) -> [String] {
        text.isEmpty ? [] : font.wrap(text, width: width)
    }

    /// Text over the whole width, with `gap` pixels below it.
    private mutating func add(_ text: String, _ font: TextFont, after gap: Int, isFaint: Bool = false) {
        let lines = lines(text, textWidth, font)
        if lines.isEmpty { return }
        texts.append(Text(lines: lines, x: sheet.style.margin, y: height, font: font, isFaint: isFaint))
        height += lines.count * font.lineHeight + gap
    }

    private mutating func add(_ section: ContactSheet.Section) {
        if !section.title.isEmpty {
            rules.append(PixelRect(x: sheet.style.margin, y: height, width: textWidth, height: 1))
            height += SheetLayout.gap
            add(section.title, sheet.style.headingFont, after: SheetLayout.gap, isFaint: true)
        }
        for start in stride(from: 0, to: section.cells.count, by: columns) {
            addRow(Array(section.cells[start..<min(start + columns, section.cells.count)]))
        }
    }

    /// Titles stand on their cells, which are as high as the longest text of the row needs.
    private mutating func addRow(_ cells: [ContactSheet.Cell]) {
        let (margin, font, small) = (sheet.style.margin, sheet.style.font, sheet.style.smallFont)
        let titles = cells.map { lines($0.title, sheet.cellWidth, font) }
        let top = height + (titles.map(\.count).max() ?? 0) * font.lineHeight + 2
        let contentHeight = cells.map(contentHeight).max() ?? sheet.cellHeight
        var below = 0
        for (index, cell) in cells.enumerated() {
            let x = margin + index * (sheet.cellWidth + margin)
            let titleTop = top - titles[index].count * font.lineHeight - 2
            texts.append(Text(lines: titles[index], x: x, y: titleTop, font: font))
            let card = PixelRect(x: x, y: top, width: sheet.cellWidth, height: contentHeight)
            cards.append((cell, card))
            var under = 0
            if let key = cell.key { under += SheetLayout.gap + key.height(width: sheet.cellWidth, small) }
            let footer = lines(cell.footer, sheet.cellWidth, small)
            if !footer.isEmpty {
                let footerTop = top + contentHeight + under + SheetLayout.gap
                texts.append(Text(lines: footer, x: x, y: footerTop, font: small, isFaint: true))
                under += SheetLayout.gap + footer.count * small.lineHeight
            }
            below = max(below, under)
        }
        height = top + contentHeight + below + margin
    }

    private func contentHeight(_ cell: ContactSheet.Cell) -> Int {
        guard case .text(let text) = cell.content else { return sheet.cellHeight }
        let lines = sheet.style.font.wrap(text, width: sheet.cellWidth - 2 * sheet.style.padding).count
        let needed = lines * sheet.style.font.lineHeight + 2 * sheet.style.padding
        return max(sheet.cellHeight, min(needed, 3 * sheet.cellHeight))
    }
}
