/// What the colours of a picture mean, drawn below it.
package enum ColorKey: Sendable {
    /// A square and a name for each class, in lines; after twelve how many more there are.
    case classes([(name: String, color: RGBColor)])
    /// A bar of the map's colours with what its ends stand for.
    case scale(ColorMap, low: String, high: String)

    /// Most classes that are named.
    private static let most = 12
    /// Sizes in pixels.
    private static let (barHeight, gap, between) = (8, 5, 12)

    /// Pixels that it takes below a picture of `width`.
    func height(width: Int, _ font: TextFont) -> Int {
        switch self {
        case .classes(let entries):
            let lines = ColorKey.flow(entries, width: width, font).last.map { $0.line + 1 } ?? 0
            return lines * font.lineHeight
        case .scale: return ColorKey.barHeight + ColorKey.gap + font.lineHeight
        }
    }

    func draw(on page: inout ByteImage, x: Int, y: Int, width: Int, _ font: TextFont, _ ink: RGBColor) throws {
        switch self {
        case .classes(let entries):
            for item in ColorKey.flow(entries, width: width, font) {
                let (left, top) = (x + item.x, y + item.line * font.lineHeight)
                let (side, bottom) = (font.capHeight, top + font.baseline)
                if let color = item.color { page.fill(PixelRect(x: left, y: bottom - side, width: side, height: side), color) }
                let indent = item.color == nil ? 0 : side + ColorKey.gap
                try page.text(item.name, x: left + indent, y: top, ink, font)
            }
        case .scale(let map, let low, let high):
            for column in 0..<width {
                let color = map(Double(column) / Double(max(width - 1, 1)))
                page.fill(PixelRect(x: x + column, y: y, width: 1, height: ColorKey.barHeight), color)
            }
            let top = y + ColorKey.barHeight + ColorKey.gap
            try page.text(low, x: x, y: top, ink, font)
            try page.text(high, x: x + width - font.width(high), y: top, ink, font)
        }
    }

    /// A name behind a square of its colour.
    struct Item {
        let name: String
        let color: RGBColor?
        let x: Int
        let line: Int
    }

    /// The entries from left to right, as many in a line as fit; the last one says how many are left out.
    static func flow(_ entries: [(name: String, color: RGBColor)], width: Int, _ font: TextFont) -> [Item] {
        var all: [(name: String, color: RGBColor?)] = entries.prefix(most).map { ($0.name, $0.color) }
        if entries.count > most { all.append(("and \(entries.count - most) more", nil)) }
        var items: [Item] = []
        var (left, line) = (0, 0)
        for entry in all {
            let indent = entry.color == nil ? 0 : font.capHeight + gap
            let name = font.truncate(entry.name, width: width - indent)
            let needed = indent + font.width(name)
            if left > 0, left + needed > width { (left, line) = (0, line + 1) }
            items.append(Item(name: name, color: entry.color, x: left, line: line))
            left += needed + between
        }
        return items
    }
}
