import Names

/// Texts of a file's own, doc strings and properties, as reports show them.
package enum DocText {
    /// `text` on one line, its first 200 characters; JSON has it whole.
    package static func line(_ text: String) -> String {
        let words = text.split(whereSeparator: \.isWhitespace)
        var line = ""
        for word in words {
            if line.count > most { break }
            line += line.isEmpty ? word : " " + word
        }
        let shown = ForeignText.clean(String(line.prefix(most)))
        return line.count > most ? shown + "…" : shown
    }

    /// Titles and values of `properties`, by name; all but the first without a title.
    package static func rows(_ title: String, _ properties: [String: String]) -> [[String]] {
        properties.sorted { $0.key < $1.key }.enumerated().map { index, property in
            [index == 0 ? title : "", "\(ForeignText.clean(property.key)): \(line(property.value))"]
        }
    }

    private static let most = 199
}
