/// Breaking and cutting text to a width, in pixels.
extension TextFont {
    /// Lines no wider than `width` pixels, broken at spaces, words that are too long anywhere; newlines are kept.
    /// A single character wider than `width` stands alone.
    package func wrap(_ text: String, width: Int) -> [String] {
        text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).flatMap { wrapParagraph($0, width: width) }
    }

    /// `text` cut to `width` pixels, with an ellipsis at the end where something was cut, of it or, as `isCut` says, before.
    package func truncate(_ text: String, width limit: Int, isCut: Bool = false) -> String {
        if !isCut, width(text) <= limit { return text }
        let characters = Array(text)
        // Of the first `fitting` characters it is known that they fit.
        var (fitting, tooMany) = (0, characters.count + (isCut ? 1 : 0))
        while tooMany - fitting > 1 {
            let middle = (fitting + tooMany) / 2
            if width(TextFont.cut(characters, middle)) <= limit { fitting = middle } else { tooMany = middle }
        }
        return fitting == 0 ? "" : TextFont.cut(characters, fitting)
    }

    private static func cut(_ characters: [Character], _ count: Int) -> String {
        var kept = characters.prefix(count)
        while kept.last == " " { kept.removeLast() }
        return String(kept) + "…"
    }

    private func wrapParagraph(_ text: Substring, width limit: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            let longer = line.isEmpty ? String(word) : line + " " + word
            if width(longer) <= limit {
                line = longer
                continue
            }
            if !line.isEmpty { lines.append(line) }
            var pieces = breakWord(word, width: limit)
            line = pieces.popLast() ?? ""
            lines += pieces
        }
        lines.append(line)
        return lines
    }

    private func breakWord(_ word: Substring, width limit: Int) -> [String] {
        var pieces: [String] = []
        var piece = ""
        for character in word {
            let longer = piece + String(character)
            if !piece.isEmpty && width(longer) > limit {
                pieces.append(piece)
                piece = String(character)
            } else {
                piece = longer
            }
        }
        return pieces + [piece]
    }
}
