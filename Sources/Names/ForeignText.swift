/// Text from outside in messages: short, on one line, without what steers a terminal.
package enum ForeignText {
    /// The first 200 scalars of `text` that can be seen.
    package static func clean(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.lazy.filter { !$0.isInvisible }.prefix(200)))
    }

    /// `text` with what would steer a terminal or end a line written out: `\u{1B}`. Tabs stay.
    package static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { made, scalar in
            if scalar.endsLines, scalar != "\t" {
                made += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            } else {
                made.unicodeScalars.append(scalar)
            }
        }
    }
}

extension Unicode.Scalar {
    /// Control characters, C0 and C1, and the separators of lines and paragraphs.
    package var endsLines: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }

    /// Those, and format characters: marks of direction, joiners, tags.
    package var isInvisible: Bool { endsLines || properties.generalCategory == .format }
}
