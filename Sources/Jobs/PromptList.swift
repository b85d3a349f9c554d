import Formats
import Foundation
import Inspect

/// Prompts from a file: one a line, or a tab-separated table with a column `Prompt` such as that of the Parti prompts
/// (`fourm/utils/generation_datasets/parti_prompts_dataset.py`).
package struct PromptList: Equatable {
    package private(set) var prompts: [String] = []
    /// The other columns of each prompt's row by name; empty for plain lists.
    package private(set) var notes: [[String: String]] = []

    /// - Throws: ``WorkError`` naming the file, and the line where there is one.
    package init(path: String) throws {
        let text: String
        do throws(CheckpointError) {
            text = try TextFile.read(path)
        } catch {
            throw WorkError("\(error); give a .txt with a prompt a line, or a .tsv with a column Prompt", .missing)
        }
        try self.init(text: text, file: path, isTable: path.lowercased().hasSuffix(".tsv"))
    }

    package init(text: String, file: String, isTable: Bool) throws {
        let text = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
        if isTable {
            try readTable(PromptList.rows(text), file)
        } else {
            prompts = text.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
            notes = prompts.map { _ in [:] }
        }
        guard !prompts.isEmpty else { throw WorkError("\(file) holds no prompt", .content) }
    }

    private mutating func readTable(_ rows: [[String]], _ file: String) throws {
        guard let header = rows.first, let column = header.firstIndex(where: { $0.lowercased() == "prompt" }) else {
            throw WorkError("the first line of \(file) names no column Prompt", .content)
        }
        for (index, row) in rows.enumerated().dropFirst() where row != [""] {
            guard row.indices.contains(column), !row[column].isEmpty else {
                throw WorkError("row \(index + 1) of \(file) has no prompt", .content)
            }
            prompts.append(row[column])
            let others = zip(header, row).enumerated().filter { $0.offset != column && !$0.element.1.isEmpty }.map(\.element)
            notes.append(Dictionary(others, uniquingKeysWith: { first, _ in first }))
        }
    }

    /// Fields between tabs, rows between line ends. A field in double quotes may hold both, and doubled quotes.
    package static func rows(_ text: String) -> [[String]] {
        var rows: [[String]] = [[]]
        var field = String.UnicodeScalarView()
        var isQuoted = false
        var scalars = Array(text.unicodeScalars)
        if scalars.last != "\n" { scalars.append("\n") }
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            if isQuoted {
                if scalar != "\"" {
                    field.append(scalar)
                } else if index < scalars.count, scalars[index] == "\"" {
                    field.append(scalar)
                    index += 1
                } else {
                    isQuoted = false
                }
            } else if scalar == "\"", field.isEmpty {
                isQuoted = true
            } else if scalar == "\t" || scalar == "\n" {
                if scalar == "\n", field.last == "\r" { field.removeLast() }
                rows[rows.count - 1].append(String(field))
                field.removeAll()
                if scalar == "\n" { rows.append([]) }
            } else {
                field.append(scalar)
            }
        }
        if isQuoted, !field.isEmpty { rows[rows.count - 1].append(String(field)) }
        return rows.filter { !$0.isEmpty }
    }
}
