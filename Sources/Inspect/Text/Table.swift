/// Rows of text in aligned columns, two blanks apart.
package struct Table {
    package let text: String

    /// `right` holds the indices of right-aligned columns. Rows may be of different lengths.
    package init(_ header: [String] = [], _ rows: [[String]], indent: String = "", right: Set<Int> = []) {
        let all = (header.isEmpty ? [] : [header]) + rows
        var widths = [Int](repeating: 0, count: all.map(\.count).max() ?? 0)
        for row in all { for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.count) } }
        let lines = all.map { row -> String in
            let cells = row.enumerated().map { column, cell -> String in
                let fill = String(repeating: " ", count: widths[column] - cell.count)
                if right.contains(column) { return fill + cell }
                return column == row.count - 1 ? cell : cell + fill
            }
            return indent + cells.joined(separator: "  ")
        }
        text = lines.map { $0 + "\n" }.joined()
    }
}
