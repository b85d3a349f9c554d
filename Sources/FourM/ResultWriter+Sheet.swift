import Foundation
import FourMCodecs
import Media

extension ResultWriter {
    /// A section for each sample under its name: what was given, then what was generated, from the files of `records` below `output`.
    /// - Throws: `MediaError` for a page of too many cells.
    package func contactSheet(_ records: [Record], in output: URL, footer: String = "") throws -> ByteImage {
        let sections = records.map { record in
            let folder = record.folder.map { $0.isEmpty ? output : output.appendingPathComponent($0) } ?? output
            return ContactSheet.Section(title: ResultWriter.heading(record), cells(record, in: folder))
        }
        return try ContactSheet(title: title, footer: footer, sections: sections).render()
    }

    /// A sample's folder in words: `007_rgb, variation 1` of `007_rgb/v1`.
    static func heading(_ record: Record) -> String {
        var parts = (record.folder ?? "").split(separator: "/").map(String.init)
        if let variation = record.variation, parts.last == "v\(variation)" { parts[parts.count - 1] = "variation \(variation)" }
        return parts.joined(separator: ", ")
    }

    private func cells(_ record: Record, in folder: URL) -> [ContactSheet.Cell] {
        // Records of earlier versions do not tell what the model saw.
        let given = record.given ?? record.inputs.sorted { $0.key < $1.key }.map { GivenRecord(modality: $0.key, text: $0.value) }
        let shown = given.map { part in
            ContactSheet.Cell(
                title: ModalityNames.title(part.modality) + " (given)",
                part.picture.map { picture($0, folder) } ?? .text(part.summary ?? part.text ?? ""), key: part.key?.colors,
                footer: part.footer ?? "")
        }
        let made = record.targets.compactMap { target -> ContactSheet.Cell? in
            let content =
                target.files["picture"].map { picture($0, folder) } ?? (target.summary ?? target.text).map { ContactSheet.Content.text($0) }
            let title = ModalityNames.title(target.modality)
            return content.map { ContactSheet.Cell(title: title, $0, key: target.key?.colors, footer: target.footer ?? "") }
        }
        return shown + made
    }

    private func picture(_ file: String, _ folder: URL) -> ContactSheet.Content {
        let path = folder.appendingPathComponent(file).path
        return (try? ImageFile.load(path: path)).map { .image($0) } ?? .text("\(file) cannot be read")
    }
}

extension ResultWriter.KeyRecord {
    init(_ key: ColorKey) {
        switch key {
        case .classes(let entries): classes = entries.map { Class(name: $0.name, color: $0.color.hex) }
        case .scale(_, let low, let high): (self.low, self.high) = (low, high)
        }
    }

    var colors: ColorKey? {
        if let classes {
            return .classes(classes.map { ($0.name, RGBColor(hex: UInt32($0.color.dropFirst(), radix: 16) ?? 0)) })
        }
        guard let low, let high else { return nil }
        return .scale(.turbo, low: low, high: high)
    }
}
