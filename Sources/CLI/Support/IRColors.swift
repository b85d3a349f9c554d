import Foundation

/// Text of the IR in colours for terminals: operators, constants, names.
enum IRColors {
    static func colored(_ text: String) -> String {
        guard Terminal.outputIsTerminal, Output.capture == nil else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false).map { line(String($0)) }.joined(separator: "\n")
    }

    /// A node's line is `%0 = operator(…) {…} : types "name"`.
    private static func line(_ line: String) -> String {
        let words = ["module", "func", "private", "const", "return", "metadata", "weights"]
        let start = line.prefix { $0 == " " }
        let rest = line.dropFirst(start.count)
        if let word = words.first(where: { rest.hasPrefix($0 + " ") }) {
            return start + Terminal.styled(word, .bold) + symbols(String(rest.dropFirst(word.count)))
        }
        guard let open = rest.firstIndex(of: "(") else { return line }
        let head = rest[..<open]
        let cut = head.range(of: "= ").map(\.upperBound) ?? head.startIndex
        return start + Terminal.styled(String(head[..<cut]), .dim) + Terminal.styled(String(head[cut...]), .cyan)
            + symbols(String(rest[open...]))
    }

    /// Constants and quoted names.
    private static func symbols(_ text: String) -> String {
        var (result, rest) = ("", Substring(text))
        while let first = rest.first {
            if first == "\"" {
                let body = rest.dropFirst()
                let end = body.firstIndex(of: "\"").map(body.index(after:)) ?? body.endIndex
                result += Terminal.styled(String(rest[..<end]), .green)
                rest = rest[end...]
            } else if first == "@" {
                let name = rest.dropFirst().prefix { $0.isLetter || $0.isNumber || "_.@/#".contains($0) }
                result += Terminal.styled("@" + name, .yellow)
                rest = rest.dropFirst(1 + name.count)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}
