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

    /// `label` and `text` behind it, whose further lines stand below its first; not broken without a `width`.
    package static func labelled(_ label: String, _ text: String, width: Int?) -> String {
        guard let width else { return label + text + "\n" }
        return label + String(wrapped(text, indent: label.count, width: width).dropFirst(label.count))
    }

    /// `text` with lines that are longer than `width` broken at blanks and continued four blanks further in. Words stay whole.
    package static func fitted(_ text: String, width: Int?) -> String {
        guard let width else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { fittedLine($0, width) }.joined(separator: "\n")
    }

    private static func fittedLine(_ line: Substring, _ width: Int) -> String {
        guard line.count > width else { return String(line) }
        let margin = String(repeating: " ", count: min(line.prefix { $0 == " " }.count + 4, width / 2))
        var (lines, rest, isFirst) = ([String](), line, true)
        while true {
            let room = isFirst ? width : width - margin.count
            guard rest.count > room else { break }
            let head = rest.prefix(room + 1)
            // Not inside the indentation, nor where nothing would be left on the line.
            let start = head.firstIndex { $0 != " " } ?? head.startIndex
            guard let cut = head[start...].lastIndex(of: " ") ?? rest[start...].firstIndex(of: " ") else { break }
            lines.append((isFirst ? "" : margin) + rest[..<cut])
            rest = rest[cut...].drop { $0 == " " }
            isFirst = false
        }
        if !rest.isEmpty { lines.append((isFirst ? "" : margin) + rest) }
        return lines.joined(separator: "\n")
    }
}
