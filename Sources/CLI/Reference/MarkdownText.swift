/// Text of other sources as parts of a Markdown page.
enum MarkdownText {
    /// What a page that a command prints begins with.
    /// - Parameter command: the command that prints it.
    static func head(_ title: String, command: String, _ about: String) -> String {
        "# \(title)\n\n<!-- Printed by '\(command)', held by ReferenceTests; TESSERA_UPDATE_REFERENCE=1 renews it. -->\n\n\(about)\n"
    }

    /// A table; cells may hold Markdown, but no line ends and no bare `|`: ``cell(_:)``, ``code(_:)``.
    static func table(_ header: [String], _ rows: [[String]]) -> String {
        func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }
        return line(header) + "|" + String(repeating: "---|", count: header.count) + "\n" + rows.map(line).joined()
    }

    /// Plain text as text: what Markdown or HTML would read as its own is escaped. Words in `backticks` stay as they are.
    static func plain(_ text: String) -> String {
        let parts = text.split(separator: "`", omittingEmptySubsequences: false)
        // A single backtick opens nothing.
        guard parts.count % 2 == 1 else { return escaped(text).replacing("`", with: "\\`") }
        return parts.enumerated().map { $0.offset % 2 == 0 ? escaped(String($0.element)) : "`\($0.element)`" }.joined()
    }

    /// ``plain(_:)`` in one line, for tables.
    static func cell(_ text: String) -> String { plain(text.replacing("\n", with: " ")).replacing("|", with: "\\|") }

    /// Text as code, in one line, for tables too; nothing for no text.
    static func code(_ text: String) -> String {
        if text.isEmpty { return "" }
        let line = text.replacing("\n", with: " ").replacing("|", with: "\\|")
        return text.contains("`") ? "`` \(line) ``" : "`\(line)`"
    }

    /// Where a heading of the page is linked to: lower case, spaces as hyphens, other signs left out.
    static func anchor(_ heading: String) -> String {
        String(heading.lowercased().compactMap { $0 == " " ? "-" : $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" ? $0 : nil })
    }

    private static func escaped(_ text: String) -> String {
        var made = ""
        for character in text {
            switch character {
            case "\\", "*", "_", "[", "]": made += "\\\(character)"
            case "<": made += "&lt;"
            case ">": made += "&gt;"
            case "&": made += "&amp;"
            default: made.append(character)
            }
        }
        return made
    }
}
