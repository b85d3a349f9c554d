import Foundation
import FourM
import Inspect
import Names

/// What earlier runs left in an output folder: samples with a `result.json`.
struct EarlierResults {
    /// Folders of samples below the output; empty for the output itself.
    private(set) var samples: [String] = []
    private let output: URL

    /// The part of a `result.json` that names files.
    private struct Record: Decodable {
        struct Given: Decodable { var picture: String? }
        struct Target: Decodable { var files: [String: String] }

        var folder: String?
        var given: [Given]?
        var targets: [Target]
        var contactSheet: String?

        var files: [String] {
            let all = (given ?? []).compactMap(\.picture) + targets.flatMap(\.files.values) + [contactSheet].compactMap { $0 }
            // The file is from outside; what it removes lies beside it.
            return all.filter { OutsideName.isPlain($0) && !$0.contains("/") } + [EarlierResults.result]
        }
    }

    private static let result = "result.json"

    init(in output: URL) {
        self.output = output
        look(in: "", depth: 0)
    }

    /// Samples lie in the output, in folders there, or in folders of variations in those.
    private mutating func look(in folder: String, depth: Int) {
        if let record = record(folder), (record.folder ?? "") == folder { samples.append(folder) }
        guard depth < 2 else { return }
        for name in ((try? FileManager.default.contentsOfDirectory(atPath: path(folder))) ?? []).sorted() where !name.hasPrefix(".") {
            let below = folder.isEmpty ? name : "\(folder)/\(name)"
            if InputFiles.isFolder(path(below)) { look(in: below, depth: depth + 1) }
        }
    }

    private func path(_ folder: String) -> String { folder.isEmpty ? output.path : output.appendingPathComponent(folder).path }

    private func record(_ folder: String) -> Record? {
        FileManager.default.contents(atPath: path(folder) + "/" + EarlierResults.result).flatMap {
            try? JSONDecoder().decode(Record.self, from: $0)
        }
    }

    /// - Throws: ``WorkError`` where a new run of the samples `wanted` would mix with what is there.
    func check(_ wanted: [String], resumes: Bool) throws {
        guard let first = samples.first else { return }
        let what = samples.count == 1 ? first.isEmpty ? "a result" : "the result '\(first)'" : "\(samples.count) results"
        guard resumes else {
            throw WorkError(
                "\(output.path) holds \(what) of an earlier run; give --resume to go on with it, --overwrite to replace it, "
                    + "or another output", .content)
        }
        let (all, above) = (Set(wanted), Set(wanted.flatMap(EarlierResults.above)))
        if let other = samples.first(where: { above.contains($0) || !all.isDisjoint(with: EarlierResults.above($0)) }) {
            let place = other.isEmpty ? "result.json" : "\(other)/result.json"
            throw WorkError(
                "\(output.path) holds \(place) of a run with other samples; choose another output, or give --overwrite", .content)
        }
    }

    /// The folders above `folder`, down to the output.
    private static func above(_ folder: String) -> [String] {
        if folder.isEmpty { return [] }
        let parts = folder.split(separator: "/")
        return parts.indices.map { parts[..<$0].joined(separator: "/") }
    }

    /// Removes the files that the results name, what shows several of them, and folders that then are empty.
    func remove() throws {
        let shared = Set(samples.flatMap(EarlierResults.above))
        for folder in samples {
            for name in record(folder)?.files ?? [] { try remove(folder, name) }
        }
        for folder in shared {
            for name in ["sheet.png", SkippedSample.file] { try remove(folder, name) }
        }
        for folder in (samples + shared).sorted(by: { $0.count > $1.count }) where !folder.isEmpty { rmdir(path(folder)) }
    }

    private func remove(_ folder: String, _ name: String) throws {
        let file = path(folder) + "/" + name
        if FileManager.default.fileExists(atPath: file) { try FileManager.default.removeItem(atPath: file) }
    }
}
