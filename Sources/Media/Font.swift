/// The built-in bitmap font: 12 rows, proportional widths, printable ASCII. Other characters show as their ``Transliteration``, those
/// without one as a box.
enum Font {
    struct Glyph: Sendable {
        let width: Int
        /// One word a row from the top; bit i is column i.
        let rows: [UInt16]
    }

    /// Rows of a glyph.
    static let height = 12
    /// Rows above the baseline.
    static let ascent = 9
    /// Blank columns after a glyph.
    static let spacing = 1
    /// Rows from a line's top to the next one's.
    static let lineHeight = 14

    static let glyphs: [Glyph] = parse(art)

    static let missing = Glyph(width: 5, rows: [31, 17, 17, 17, 17, 17, 17, 17, 31, 0, 0, 0])

    /// The glyphs of a character: its own, those of its ASCII spelling, or a box.
    static func glyphs(_ scalar: Unicode.Scalar) -> [Glyph] {
        if let own = own(scalar) { return [own] }
        guard let spelling = Transliteration.ascii(scalar) else { return [missing] }
        return spelling.unicodeScalars.map { own($0) ?? missing }
    }

    private static func own(_ scalar: Unicode.Scalar) -> Glyph? {
        let index = Int(scalar.value) - 32
        return glyphs.indices.contains(index) ? glyphs[index] : nil
    }

    private static func parse(_ art: String) -> [Glyph] {
        let lines = art.split(separator: "\n")
        return stride(from: 0, to: lines.count - height + 1, by: height).flatMap { start in
            let block = lines[start..<start + height].map { $0.split(separator: " ") }
            return block[0].indices.map { column in
                let rows = block.map { row in column < row.count ? Array(row[column]) : [] }
                return Glyph(width: rows[0].count, rows: rows.map(bits))
            }
        }
    }

    private static func bits(_ row: [Character]) -> UInt16 {
        row.reversed().reduce(0) { $0 << 1 | ($1 == "#" ? 1 : 0) }
    }
}
