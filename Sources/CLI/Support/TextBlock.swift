/// Paragraphs of running text.
enum TextBlock {
    /// `text` broken between words into lines of at most `width` characters, each behind `indent` blanks, with a final newline.
    static func wrapped(_ text: String, indent: Int, width: Int = 100) -> String {
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

    /// Names of `known` that are near `name`: containing it, or within two edits of it.
    static func similar(to name: String, in known: [String]) -> [String] {
        let close = known.filter { distance(name, $0) <= 2 }
        return close.isEmpty && !name.isEmpty ? known.filter { $0.contains(name) || name.contains($0) } : close
    }

    /// Levenshtein distance.
    static func distance(_ a: String, _ b: String) -> Int {
        let (x, y) = (Array(a.prefix(200)), Array(b.prefix(200)))
        var row = Array(0...y.count)
        for (i, left) in x.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, right) in y.enumerated() {
                let cost = min(row[j], row[j + 1]) + 1
                (diagonal, row[j + 1]) = (row[j + 1], min(cost, diagonal + (left == right ? 0 : 1)))
            }
        }
        return row[y.count]
    }
}
