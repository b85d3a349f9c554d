/// ASCII spellings of letters that the built-in font does not have, so that most European names stay readable.
enum Transliteration {
    /// What stands for `scalar`: empty for marks that only change the letter before them, nil where there is nothing alike.
    static func ascii(_ scalar: Unicode.Scalar) -> String? {
        let value = Int(scalar.value)
        if let special = specials[scalar] { return special }
        for (start, letters) in ranges where letters.indices.contains(value - start) { return letters[value - start] }
        return isInvisible(scalar) ? "" : nil
    }

    /// Combining marks, joiners, marks of direction, selectors of variants.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x300...0x36F, 0x1AB0...0x1AFF, 0x20D0...0x20FF, 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x2064, 0xFE00...0xFE0F, 0xFEFF,
            0xAD:
            true
        default: false
        }
    }

    private static let specials: [Unicode.Scalar: String] = [
        "\u{2010}": "-", "\u{2011}": "-", "\u{2012}": "-", "\u{2013}": "-", "\u{2014}": "-", "\u{2212}": "-",
        "\u{2018}": "'", "\u{2019}": "'", "\u{201A}": "'", "\u{201C}": "\"", "\u{201D}": "\"", "\u{201E}": "\"", "\u{AB}": "\"",
        "\u{BB}": "\"", "\u{2026}": "...", "\u{A0}": " ", "\u{202F}": " ", "\u{2009}": " ", "\u{B7}": "-", "\u{2022}": "*", "\t": " ",
        "\u{B0}": " deg", "\u{20AC}": "EUR", "\u{2192}": "->", "\u{401}": "Yo", "\u{451}": "yo", "\u{3C2}": "s",
    ]

    /// Letters from a code point on, one after the other.
    private static let ranges: [(start: Int, letters: [String])] = [
        (
            0xC0,
            words("A A A A A A AE C E E E E I I I I D N O O O O O x O U U U U Y Th ss") + words("a a a a a a ae c e e e e i i i i d n")
                + words("o o o o o / o u u u u y th y")
        ),
        (
            0x100,
            pairs("A A A C C C C D D E E E E E G G G G H H I I I I I") + words("IJ ij J j K k k") + pairs("L L L L L N N N")
                + words("n N n") + pairs("O O O") + words("OE oe") + pairs("R R R S S S S T T T U U U U U U W") + words("Y y Y")
                + pairs("Z Z Z") + words("s")
        ),
        (0x391, words("A V G D E Z I Th I K L M N X O P R ? S T Y F Ch Ps O I Y a e i i y")),
        (0x3B1, words("a v g d e z i th i k l m n x o p r s s t y f ch ps o i y o y o")),
        (0x410, cyrillic), (0x430, cyrillic.map { $0.lowercased() }),
    ]

    private static let cyrillic = words("A B V G D E Zh Z I Y K L M N O P R S T U F Kh Ts Ch Sh Shch ' Y ' E Yu Ya")

    private static func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }

    /// Each capital and its small letter.
    private static func pairs(_ text: String) -> [String] { words(text).flatMap { [$0, $0.lowercased()] } }
}
