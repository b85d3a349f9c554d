import Foundation
import Media

extension ResultWriter {
    /// One row of cells for each sample: what was given, then what was generated, from the files of `records` below `output`.
    /// - Throws: `MediaError` for a page of too many cells.
    package func contactSheet(_ records: [Record], in output: URL, footer: String = "") throws -> ByteImage {
        let rows = records.map { cells($0, in: $0.folder.map { $0.isEmpty ? output : output.appendingPathComponent($0) } ?? output) }
        let columns = max(rows.map { $0.count }.max() ?? 1, 1)
        let filled = rows.flatMap { row in
            row + [ContactSheet.Cell](repeating: ContactSheet.Cell(title: "", .empty), count: columns - row.count)
        }
        return try ContactSheet(title: title, footer: footer, columns: columns, cells: filled).render()
    }

    private func cells(_ record: Record, in folder: URL) -> [ContactSheet.Cell] {
        // Records of earlier versions do not tell what the model saw.
        let given = record.given ?? record.inputs.sorted { $0.key < $1.key }.map { GivenRecord(modality: $0.key, text: $0.value) }
        var cells = given.map { part in
            ContactSheet.Cell(
                title: ModalityNames.title(part.modality) + " (given)", part.picture.map { picture($0, folder) } ?? .text(part.text ?? ""))
        }
        for target in record.targets {
            let title = ModalityNames.title(target.modality)
            if let file = target.files["picture"] {
                cells.append(ContactSheet.Cell(title: title, picture(file, folder), footer: target.footer ?? ""))
            } else if let text = target.summary ?? target.text {
                cells.append(ContactSheet.Cell(title: title, .text(text)))
            }
        }
        return cells
    }

    private func picture(_ file: String, _ folder: URL) -> ContactSheet.Content {
        let path = folder.appendingPathComponent(file).path
        return (try? ImageFile.load(path: path)).map { .image($0) } ?? .text("\(file) cannot be read")
    }
}
