/// Text from outside in XML and HTML.
package enum XMLText {
    /// `text` for an element or a quoted attribute, in which ends of lines and tabs stay. Other control characters, and what XML 1.0 forbids,
    /// become U+FFFD.
    package static func escaped(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { made, scalar in
            switch scalar {
            case "&": made += "&amp;"
            case "<": made += "&lt;"
            case ">": made += "&gt;"
            case "\"": made += "&quot;"
            // As they are, an attribute would turn them into spaces.
            case "\n", "\t", "\r": made += "&#\(scalar.value);"
            default: made.unicodeScalars.append(isForbidden(scalar) ? "\u{FFFD}" : scalar)
            }
        }
    }

    private static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control || (0xFFFE...0xFFFF).contains(scalar.value)
    }
}
