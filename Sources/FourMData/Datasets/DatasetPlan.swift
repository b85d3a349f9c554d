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

        private var isShard: Bool { path.hasSuffix(".tar") }

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

    /// Lists the files of `settings` and looks which outputs are there.
    /// - Throws: ``FourMError`` naming the folder if there is nothing to tokenize or both layouts are mixed.
    package init(_ settings: DatasetSettings) throws {
        let folder = settings.inputPath
        guard DatasetPath.isFolder(folder) else {
            throw FourMError("\(folder) is no folder; \(DatasetPlan.advice(settings.root))")
        }
        let files = try DatasetPath.files(below: folder)
        let shards = files.filter { $0.hasSuffix(".tar") }
        let suffixes = settings.modality.files.suffixes
        let loose = files.filter { path in SampleName.split(path).map { suffixes.contains(SampleName.suffix($0.ext)) } ?? false }
        guard shards.isEmpty || loose.isEmpty else {
            throw FourMError("\(folder) holds both shards (\(shards[0])) and loose files (\(loose[0])); keep one kind")
        }
        guard !shards.isEmpty || !loose.isEmpty else {
            let kinds = suffixes.sorted().map { ".\($0)" }.joined(separator: " ")
            throw FourMError("\(folder) holds neither .tar shards nor files of this modality (\(kinds))")
        }
        layout = shards.isEmpty ? .folders : .shards
        let all = shards.isEmpty ? DatasetPlan.files(loose) : shards.map { Unit(path: $0, problem: nil) }
        let part = settings.part
        let own = stride(from: part.index, to: all.count, by: max(part.count, 1)).map { all[$0] }
        let output = settings.outputPath
        total = all.count
        units = settings.overwrites ? own : own.filter { !DatasetPath.exists(DatasetPath.join(output, $0.output)) }
        finished = own.count - units.count
    }

    private static func advice(_ root: String) -> String {
        let folders = DatasetPath.folders(in: root)
        guard !folders.isEmpty else { return "a data set is a folder with one folder for each modality" }
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

    /// Samples of the units that are left; reads the headers of all shards.
    /// - Throws: `CheckpointError` naming a shard that cannot be read.
    package func sampleCount(_ settings: DatasetSettings) throws -> Int {
        if layout == .folders { return units.count }
        return try units.reduce(0) { count, unit in
            let archive = try TarArchive(path: DatasetPath.join(settings.inputPath, unit.path))
            return count + ShardMembers(archive, settings.modality.files.suffixes).samples.count
        }
    }
}

/// The files of an archive that are samples of one modality.
struct ShardMembers: Sendable {
    struct Sample: Sendable {
        let key: String
        let entry: TarArchive.Entry
        /// Why it cannot be tokenized.
        let problem: String?
    }

    let samples: [Sample]

    /// As WebDataset: files without extension and those called `__…__` are no samples. A key that comes twice, as in shards of several
    /// modalities with several pictures, is a problem.
    init(_ archive: TarArchive, _ suffixes: Set<String>) {
        var taken: [String: String] = [:]
        samples = archive.entries.compactMap { entry in
            guard let (key, ext) = SampleName.split(entry.name), suffixes.contains(SampleName.suffix(ext)) else { return nil }
            if key.hasPrefix("__"), key.hasSuffix("__") { return nil }
            let other = taken[key]
            if other == nil { taken[key] = entry.name }
            return Sample(key: key, entry: entry, problem: other.map { "the sample has another file, \($0)" })
        }
    }
}
