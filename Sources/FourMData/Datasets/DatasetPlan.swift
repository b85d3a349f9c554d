import Files
import Formats
import FourMCodecs
import FourMSettings

/// What there is to do: the files or shards of one modality, which of them belong to this run, and which are done.
package struct DatasetPlan: Sendable {
    package enum Layout: String, Codable, Sendable {
        /// `root/modality/folder/name.ext`
        case folders
        /// `root/modality/name.tar`
        case shards
    }

    /// A file or a shard.
    package struct Unit: Sendable, Hashable {
        /// Path below the modality's folder.
        package let path: String
        /// Why it cannot be tokenized, if that is known already.
        package let problem: String?
        /// Samples that an earlier run had to pass over, of a shard that was changed since then.
        var retried: Set<String> = []

        var isShard: Bool { DatasetFiles.isShard(path) }

        /// The path without extension; seeds crops.
        package var key: String { isShard ? String(path.dropLast(4)) : SampleName.split(path)?.key ?? path }

        /// Path of the tokens below their folder. That of a file with a problem is never written; a name of its own keeps it from
        /// counting as done.
        package var output: String { isShard ? path : (problem == nil ? key : path) + ".npy" }
    }

    package let layout: Layout
    /// Units of all parts.
    package let total: Int
    /// Units of this part that are done.
    package let finished: Int
    /// Units of this part that are left.
    package let units: [Unit]
    /// Paths of the units of other parts.
    let elsewhere: Set<String>
    /// What the folder holds besides, in words; empty if it is nothing.
    package let others: String

    /// Lists the files of `settings` and looks which outputs are there.
    /// - Throws: ``FourMError`` naming the folder if there is nothing to tokenize or both layouts are mixed.
    package init(_ settings: DatasetSettings) throws {
        let folder = settings.inputPath
        guard FilePath.isFolder(folder) else {
            throw FourMError("\(folder) is no folder; \(DatasetPlan.advice(settings.root))")
        }
        let files = try DatasetFiles(folder, settings.modality.files)
        try files.check(folder, settings.modality.files)
        others = files.others
        layout = files.shards.isEmpty ? .folders : .shards
        let all = DatasetPlan.units(files)
        let part = settings.part
        let own = stride(from: part.index, to: all.count, by: max(part.count, 1)).map { all[$0] }
        let skipped = SkipLog.Lines(settings)
        elsewhere = part.count > 1 ? Set(all.map(\.path)).subtracting(own.map(\.path)) : []
        total = all.count
        units = own.compactMap { DatasetPlan.open($0, settings, skipped.samples) }
        finished = own.count - units.count
    }

    private static func units(_ files: DatasetFiles) -> [Unit] {
        let good = files.shards.isEmpty ? DatasetPlan.files(files.loose) : files.shards.map { Unit(path: $0, problem: nil) }
        let packed = files.compressed.map { Unit(path: $0, problem: DatasetFiles.decompress($0)) }
        let lost = files.lost.map { Unit(path: $0, problem: "it cannot be looked at, or its name is no UTF-8; rename or replace it") }
        return good + packed + lost
    }

    /// `unit` if it is to be done: it has no output, or it lacked samples that a change to it since then may have brought.
    private static func open(_ unit: Unit, _ settings: DatasetSettings, _ skipped: [String: Set<String>]) -> Unit? {
        let output = FilePath.join(settings.outputPath, unit.output)
        guard FilePath.exists(output) else { return unit }
        var again = unit
        if let samples = skipped[unit.path], DatasetPath.isNewer(FilePath.join(settings.inputPath, unit.path), than: output) {
            again.retried = samples
            return again
        }
        return settings.overwrites ? unit : nil
    }

    private static func advice(_ root: String) -> String {
        guard let folders = try? FolderListing(root, suffixes: []).folders, !folders.isEmpty else {
            return "a data set is a folder with one folder for each modality"
        }
        return "\(root) has: \(folders.joined(separator: ", "))"
    }

    /// Of two files whose names differ only behind the first dot, the later has no output of its own.
    private static func files(_ paths: [String]) -> [Unit] {
        var taken: [String: String] = [:]
        return paths.map { path in
            let key = SampleName.split(path)?.key ?? path
            let other = taken[key]
            if other == nil { taken[key] = path }
            return Unit(path: path, problem: other.map { "its tokens would have the name of those of \($0)" })
        }
    }

    /// Samples of the units that are left; reads the headers of all shards. Those that cannot be read have none.
    package func sampleCount(_ settings: DatasetSettings) -> Int {
        if layout == .folders { return units.count }
        return units.filter { $0.problem == nil }.reduce(0) { count, unit in
            guard let archive = try? TarArchive(path: FilePath.join(settings.inputPath, unit.path)) else { return count }
            return count + ShardMembers(archive, settings.modality.files).samples.count
        }
    }
}
