import Files
import Foundation
import FourM
import Inspect
import Names

/// What earlier runs left in an output folder: samples with a `result.json`, and those that a killed run was writing.
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
            (given ?? []).compactMap(\.picture) + targets.flatMap(\.files.values) + [contactSheet].compactMap { $0 }
        }
    }

    private static let result = "result.json"

    init(in output: URL) {
        self.output = output
        look(in: "", depth: 0)
    }

    /// Samples lie in the output, in folders there, or in folders of variations in those.
    private mutating func look(in folder: String, depth: Int) {
        let isOwn = record(folder).map { ($0.folder ?? "") == folder } ?? false
        if isOwn || SampleMark.files(in: path(folder)) != nil { samples.append(folder) }
        guard depth < 2 else { return }
        for name in ((try? FileManager.default.contentsOfDirectory(atPath: path(folder))) ?? []).sorted() where !name.hasPrefix(".") {
            let below = folder.isEmpty ? name : "\(folder)/\(name)"
            if FilePath.isFolder(path(below)) { look(in: below, depth: depth + 1) }
        }
    }

    private func path(_ folder: String) -> String { folder.isEmpty ? output.path : output.appendingPathComponent(folder).path }

    private func record(_ folder: String) -> Record? {
        (try? InputFile.bytes(path(folder) + "/" + EarlierResults.result)).flatMap {
            try? JSONDecoder().decode(Record.self, from: Data($0))
        }
    }

    /// - Parameter wanted: folders of all samples of a new run, also of those that it leaves for later.
    /// - Throws: ``WorkError`` where the new run would mix with what is there: without `resumes` any result, else one of another sample.
    func check(_ wanted: [String], resumes: Bool) throws {
        guard let first = samples.first else { return }
        let what = samples.count == 1 ? first.isEmpty ? "a result" : "the result '\(first)'" : "\(samples.count) results"
        guard resumes else {
            throw WorkError(
                "\(output.path) holds \(what) of an earlier run; give --resume to go on with it, --overwrite to replace it, "
                    + "or another output", .content)
        }
        let all = Set(wanted)
        if let other = samples.first(where: { !all.contains($0) }) {
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

    private var shared: Set<String> { Set(samples.flatMap(EarlierResults.above)) }

    /// Paths of the files that the results name, the results themselves last, and of what shows several of them.
    var files: [String] {
        let own = samples.flatMap { folder in
            let named = (record(folder)?.files ?? []) + (SampleMark.files(in: path(folder)) ?? [])
            // The records are from outside; what they name lies beside them.
            let beside = named.filter { OutsideName.isPlain($0) && !$0.contains("/") }
            return (beside + [EarlierResults.result, SampleMark.name]).map { path(folder) + "/" + $0 }
        }
        return own + shared.flatMap { folder in ["sheet.png", SkippedSample.file].map { path(folder) + "/" + $0 } }
    }

    /// Removes those that are regular files, and folders that then are empty.
    func remove() throws {
        for file in files { try OutputFile.withdraw(file) }
        for folder in (samples + shared).sorted(by: { $0.count > $1.count }) where !folder.isEmpty { rmdir(path(folder)) }
    }
}
