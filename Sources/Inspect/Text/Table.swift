/// Rows of text in aligned columns, two blanks apart.
package struct Table {
    package let text: String

    /// Columns narrower than this are not made narrower.
    private static let least = 10

    /// `right` holds the indices of right-aligned columns. Rows may be of different lengths.
    /// - Parameter width: columns of the terminal: where the table is wider, cells of its widest columns are broken into lines; nil for no
    ///   bound, as files and programs want.
    package init(_ header: [String] = [], _ rows: [[String]], indent: String = "", right: Set<Int> = [], width: Int? = nil) {
        let all = (header.isEmpty ? [] : [header]) + rows
        var widths = [Int](repeating: 0, count: all.map(\.count).max() ?? 0)
        for row in all { for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.count) } }
        if let width { Table.narrow(&widths, to: width - indent.count, keeping: right) }
        text = all.map { row in
            let cells = row.enumerated().map { Table.broken($1, widths[$0]) }
            let lines = (0..<(cells.map(\.count).max() ?? 0)).map { line in
                Table.line(cells.map { $0.indices.contains(line) ? $0[line] : "" }, widths, right)
            }
            return lines.map { $0.isEmpty ? "\n" : indent + $0 + "\n" }.joined()
        }.joined()
    }

    private static func line(_ cells: [String], _ widths: [Int], _ right: Set<Int>) -> String {
        let padded = cells.enumerated().map { column, cell -> String in
            let fill = String(repeating: " ", count: max(widths[column] - cell.count, 0))
            if right.contains(column) { return fill + cell }
            return column == cells.count - 1 ? cell : cell + fill
        }
        let line = padded.joined(separator: "  ")
        return cells.last == "" ? String(line.reversed().drop { $0 == " " }.reversed()) : line
    }

    /// Takes from the widest column, again and again, until all fit or none can give more. Numbers stay whole.
    private static func narrow(_ widths: inout [Int], to width: Int, keeping right: Set<Int>) {
        while widths.reduce(0, +) + 2 * max(widths.count - 1, 0) > width {
            let candidates = widths.indices.filter { !right.contains($0) && widths[$0] > least }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return }
            widths[widest] -= 1
        }
    }

    /// `cell` in lines of at most `width` characters: broken between words, and where a word is longer, behind `/`, `.`, `_`, `,`, `-` or
    /// anywhere.
    private static func broken(_ cell: String, _ width: Int) -> [String] {
        if cell.count <= width || width <= 0 { return [cell] }
        var lines: [String] = []
        var line = ""
        for word in cell.split(separator: " ", omittingEmptySubsequences: false).map(String.init) {
            if !line.isEmpty, line.count + 1 + word.count <= width {
                line += " " + word
                continue
            }
            if !line.isEmpty { lines.append(line) }
            var rest = Substring(word)
            while rest.count > width {
                let head = rest.prefix(width)
                let cut = head.lastIndex { "/._,-".contains($0) }.map { head.index(after: $0) } ?? head.endIndex
                lines.append(String(rest[..<cut]))
                rest = rest[cut...]
            }
            line = String(rest)
        }
        return lines + [line]
    }
}
