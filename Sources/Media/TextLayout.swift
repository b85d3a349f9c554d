/// Measuring and breaking text of the built-in font. Sizes are in pixels, `scale` is an integer of at least 1.
package enum TextLayout {
    /// Height of one line's glyphs.
    package static func glyphHeight(scale: Int = 1) -> Int { Font.height * clampScale(scale) }

    /// Distance of two lines' tops.
    package static func lineHeight(scale: Int = 1) -> Int { Font.lineHeight * clampScale(scale) }

    /// Width of one line without the blank column after its last glyph.
    package static func width(_ text: String, scale: Int = 1) -> Int {
        let columns = text.unicodeScalars.lazy.flatMap(Font.glyphs).reduce(0) { $0 + $1.width + Font.spacing }
        return max(0, columns - Font.spacing) * clampScale(scale)
    }

    /// Lines no wider than `width` pixels, broken at spaces, words that are too long anywhere; newlines are kept.
    /// A single glyph wider than `width` stands alone.
    package static func wrap(_ text: String, width: Int, scale: Int = 1) -> [String] {
        text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .flatMap { wrapParagraph($0, width: width, scale: scale) }
    }

    /// `text` cut to `width` pixels, with "..." at the end where something was cut.
    package static func truncate(_ text: String, width limit: Int, scale: Int = 1) -> String {
        if width(text, scale: scale) <= limit { return text }
        var kept = text
        while let last = kept.popLast() {
            let candidate = kept + "..."
            if last != " " && width(candidate, scale: scale) <= limit { return candidate }
        }
        return ""
    }

    private static func wrapParagraph(_ text: Substring, width limit: Int, scale: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            let longer = line.isEmpty ? String(word) : line + " " + word
            if width(longer, scale: scale) <= limit {
                line = longer
                continue
            }
            if !line.isEmpty { lines.append(line) }
            var pieces = breakWord(word, width: limit, scale: scale)
            line = pieces.popLast() ?? ""
            lines += pieces
        }
        lines.append(line)
        return lines
    }

    private static func breakWord(_ word: Substring, width limit: Int, scale: Int) -> [String] {
        var pieces: [String] = []
        var piece = ""
        for character in word {
            let longer = piece + String(character)
            if !piece.isEmpty && width(longer, scale: scale) > limit {
                pieces.append(piece)
                piece = String(character)
            } else {
                piece = longer
            }
        }
        return pieces + [piece]
    }

    static func clampScale(_ scale: Int) -> Int { max(1, min(scale, 64)) }
}
