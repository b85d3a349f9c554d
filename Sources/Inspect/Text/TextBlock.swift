/// Paragraphs of running text.
package enum TextBlock {
    /// `text` broken between words into lines of at most `width` characters, each behind `indent` blanks, with a final newline.
    package static func wrapped(_ text: String, indent: Int, width: Int = 100) -> String {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty, indent + line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? word : " " + word
        }
        if !line.isEmpty { lines.append(line) }
        return lines.map { margin + $0 + "\n" }.joined()
    }
}
