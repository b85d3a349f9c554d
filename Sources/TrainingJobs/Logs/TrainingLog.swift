import Files
import Foundation

/// What a training says of its course, for programs: `log.jsonl`, a line an entry, and TensorBoard's event files beside it.
final class TrainingLog {
    static let name = "log.jsonl"

    private let lines: AppendedFile
    private let events: EventFile
    /// All entries so far, those of earlier runs that count included.
    private(set) var entries: [LogEntry]

    /// - Parameter start: batches done. What an earlier run said of later ones is taken back: they are done again.
    /// - Throws: `OutputError`, `InputError`.
    init(in folder: String, from start: Int, onTrouble: @escaping (String) -> Void) throws {
        let path = FilePath.join(folder, TrainingLog.name)
        entries = try TrainingLog.read(path).filter { $0.step <= start }
        if FilePath.exists(path) {
            let text = try entries.map { try $0.json() + "\n" }.joined()
            try OutputFile.write(text, to: path)
        }
        lines = try AppendedFile(path)
        events = try EventFile(in: folder, from: start)
        lines.onTrouble = onTrouble
        events.onTrouble = onTrouble
    }

    /// Entries of the log at `path`, none where there is no such file; what is no entry is passed over.
    static func read(_ path: String) throws(InputError) -> [LogEntry] {
        guard FilePath.exists(path) else { return [] }
        return try InputFile.text(path).split(separator: "\n").compactMap { LogEntry(json: $0) }
    }

    func add(_ entry: LogEntry) throws {
        entries.append(entry)
        lines.append(Array((try entry.json() + "\n").utf8))
        events.scalars(entry.series, step: entry.step)
    }

    /// The pictures of a folder of samples, the first few by name.
    func add(picturesIn folder: String, step: Int) {
        let names = OutputFolder.names(in: folder).filter { FilePath.suffix(of: $0) == "png" }.sorted().prefix(TrainingLog.mostPictures)
        for name in names {
            guard let png = try? InputFile.bytes(FilePath.join(folder, name)), let picture = EventMessage.Picture(png: png) else {
                continue
            }
            events.picture("samples/\(name.dropLast(4))", picture, step: step)
        }
    }

    private static let mostPictures = 8
}

extension EventMessage.Picture {
    /// nil if the bytes do not begin as a PNG file does.
    init?(png: [UInt8]) {
        guard png.count > 24, png.starts(with: [0x89, 0x50, 0x4E, 0x47]) else { return nil }
        func number(at place: Int) -> Int { png[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } }
        self.init(width: number(at: 16), height: number(at: 20), png: png)
    }
}
