extension YAMLScanner {
    /// A scalar without quotes. In flow context `,?[]{}` end it; tabs end it everywhere.
    mutating func scanPlain() -> String {
        var text = ""
        var gap = ""
        while current != "#" {
            let piece = takePlainPiece()
            if piece.isEmpty { break }
            mayStartKey = false
            text += gap + piece
            gap = takePlainGap()
            if gap.isEmpty || current == "#" || (flowLevel == 0 && column < indent + 1) { break }
        }
        return text
    }

    private mutating func takePlainPiece() -> String {
        var piece = String.UnicodeScalarView()
        while !current.isYAMLSpaceOrEnd {
            let character = current
            if character == ":" && (peek(1).isYAMLSpaceOrEnd || (flowLevel > 0 && ",[]{}".contains(peek(1)))) { break }
            if flowLevel > 0 && ",?[]{}".contains(character) { break }
            piece.append(character)
            advance()
        }
        return String(piece)
    }

    /// Space between two pieces of a plain scalar, line breaks folded; empty where the scalar ends.
    private mutating func takePlainGap() -> String {
        let spaces = take { $0 == " " }
        guard let first = takeBreak() else { return spaces }
        mayStartKey = true
        if isAtDocumentMark { return "" }
        var breaks = ""
        while current == " " || current.isYAMLBreak {
            if let text = takeBreak() {
                breaks += text
                if isAtDocumentMark { return "" }
            } else {
                advance()
            }
        }
        return YAMLScanner.fold(first, breaks)
    }

    /// A line break with further ones after it: one alone becomes a space.
    private static func fold(_ first: String, _ breaks: String) -> String {
        if first != "\n" { return first + breaks }
        return breaks.isEmpty ? " " : breaks
    }

    /// A scalar in single or double quotes.
    mutating func scanQuoted() throws(YAMLError) -> String {
        let quote = current
        advance()
        var text = ""
        while true {
            text += try takeQuotedPiece(quote)
            if current == quote { break }
            text += try takeQuotedGap()
        }
        advance()
        return text
    }

    private mutating func takeQuotedPiece(_ quote: Unicode.Scalar) throws(YAMLError) -> String {
        var piece = ""
        while true {
            piece += take { $0 != "'" && $0 != "\"" && $0 != "\\" && !$0.isYAMLSpaceOrEnd }
            switch current {
            case "'" where quote == "'" && peek(1) == "'":
                piece += "'"
                advance(2)
            case "\\" where quote == "\"":
                piece += try takeEscape()
            case "'", "\"", "\\":
                if current == quote { return piece }
                piece.unicodeScalars.append(current)
                advance()
            default:
                return piece
            }
        }
    }

    private mutating func takeQuotedGap() throws(YAMLError) -> String {
        let blanks = take { $0.isYAMLBlank }
        guard let first = takeBreak() else {
            if current == .yamlEnd { throw YAMLError("a quote without end") }
            return blanks
        }
        return YAMLScanner.fold(first, try takeQuotedBreaks())
    }

    private mutating func takeQuotedBreaks() throws(YAMLError) -> String {
        var breaks = ""
        while true {
            if isAtDocumentMark { throw YAMLError("a document mark inside quotes") }
            while current.isYAMLBlank { advance() }
            guard let text = takeBreak() else { return breaks }
            breaks += text
        }
    }

    private mutating func takeEscape() throws(YAMLError) -> String {
        advance()
        let character = current
        if takeBreak() != nil { return try takeQuotedBreaks() }
        advance()
        switch character {
        case "0": return "\0"
        case "a": return "\u{7}"
        case "b": return "\u{8}"
        case "t", "\t": return "\t"
        case "n": return "\n"
        case "v": return "\u{B}"
        case "f": return "\u{C}"
        case "r": return "\r"
        case "e": return "\u{1B}"
        case " ", "\"", "\\", "/": return String(character)
        case "N": return "\u{85}"
        case "_": return "\u{A0}"
        case "L": return "\u{2028}"
        case "P": return "\u{2029}"
        case "x": return try takeHex(2)
        case "u": return try takeHex(4)
        case "U": return try takeHex(8)
        default: throw YAMLError("unknown escape")
        }
    }

    private mutating func takeHex(_ count: Int) throws(YAMLError) -> String {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard current.isASCII, let digit = Character(current).hexDigitValue else {
                throw YAMLError("hexadecimal digits expected")
            }
            value = value << 4 | UInt32(digit)
            advance()
        }
        guard let scalar = Unicode.Scalar(value) else { throw YAMLError("no such character") }
        return String(scalar)
    }

    // MARK: Block scalars

    private enum Chomping { case clip, strip, keep }

    /// A scalar after `|` (lines as they are) or `>` (lines joined).
    mutating func scanBlockScalar() throws(YAMLError) -> String {
        let folded = current == ">"
        advance()
        let (chomping, increment) = try takeBlockHeader()
        let minimum = max(indent + 1, 1)
        var breaks: String
        let level: Int
        if let increment {
            level = minimum + increment - 1
            breaks = takeBlockBreaks(level)
        } else {
            let found: Int
            (breaks, found) = takeLeadingBreaks()
            level = max(minimum, found)
        }
        var text = ""
        var lastBreak = ""
        while column == level, current != .yamlEnd {
            text += breaks
            let indented = current.isYAMLBlank
            text += take { !$0.isYAMLBreakOrEnd }
            lastBreak = takeBreak() ?? ""
            breaks = takeBlockBreaks(level)
            guard column == level, current != .yamlEnd else { break }
            let joins = folded && lastBreak == "\n" && !indented && !current.isYAMLBlank
            text += !joins ? lastBreak : breaks.isEmpty ? " " : ""
        }
        if chomping != .strip { text += lastBreak }
        return chomping == .keep ? text + breaks : text
    }

    private mutating func takeBlockHeader() throws(YAMLError) -> (Chomping, Int?) {
        var chomping = takeChomping()
        var increment: Int?
        if let digit = Character(current).wholeNumberValue, current.isASCII {
            guard digit > 0 else { throw YAMLError("indentation 0") }
            increment = digit
            advance()
            if chomping == nil { chomping = takeChomping() }
        }
        guard current == " " || current.isYAMLBreakOrEnd else { throw YAMLError("text after the start of a block") }
        skipSpaces()
        skipComment()
        guard current.isYAMLBreakOrEnd else { throw YAMLError("text after the start of a block") }
        _ = takeBreak()
        return (chomping ?? .clip, increment)
    }

    private mutating func takeChomping() -> Chomping? {
        guard current == "+" || current == "-" else { return nil }
        defer { advance() }
        return current == "+" ? .keep : .strip
    }

    private mutating func takeLeadingBreaks() -> (String, Int) {
        var breaks = ""
        var deepest = 0
        while current == " " || current.isYAMLBreak {
            if let text = takeBreak() {
                breaks += text
            } else {
                advance()
                deepest = max(deepest, column)
            }
        }
        return (breaks, deepest)
    }

    private mutating func takeBlockBreaks(_ level: Int) -> String {
        var breaks = ""
        while true {
            while column < level, current == " " { advance() }
            guard let text = takeBreak() else { return breaks }
            breaks += text
        }
    }
}

extension String {
    fileprivate func contains(_ scalar: Unicode.Scalar) -> Bool { unicodeScalars.contains(scalar) }
}
