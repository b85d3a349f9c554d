import Files
import Formats
import FourMCodecs
import FourMSettings
import IR
import Synchronization

/// Samples of WebDataset shards: one archive for each modality with the same keys, or one for all of them (`KEY.MODALITY.ext`).
///
/// Source: `multi_tarfile_samples` in `fourm/data/unified_datasets.py`, which pairs members by their number and drops the rest of a shard where keys
/// differ; here they are paired by key. The headers of all shards are read once, for their counts; few shards are kept open.
final class ShardSource: SampleSource {
    /// The archives of one shard: by folder, or one for all (folder "").
    private struct Shard: Sendable {
        let folders: [String]
        let paths: [String]
    }

    /// An open shard: its samples with the member of each modality.
    private struct Opened: Sendable {
        let keys: [String]
        /// `[modality][sample]`
        let members: [[TarArchive.Entry]]
        let lone: Int
    }

    private let shards: [Shard]
    private let modalities: [String]
    private let matched: [String: String]
    private let names: ModalityFolders
    let counts: [Int]
    let notes: [String]

    /// Shards that are open, with the time of their last use.
    private let open = Mutex<(shards: [Int: (shard: Opened, used: Int)], clock: Int)>((shards: [:], clock: 0))

    /// Shards that stay open: those of two groups of ``SampleOrder``.
    static let mostOpen = 2 * SampleOrder.partsOfGroup + 4

    /// - Parameter path: with braces for numbers and brackets for folders of modalities.
    /// - Throws: ``FourMError`` for modalities without archives, or without any sample; `SettingsError` for braces that do not match.
    init(_ path: String, _ modalities: [String], _ names: ModalityFolders) throws {
        (self.modalities, self.names) = (modalities, names)
        let listed = BraceExpansion.modalities(path)
        matched = try listed.map { try names.match(modalities, among: $0.names, in: path) } ?? [:]
        let folders = listed == nil ? [""] : Set(matched.values).sorted()
        let perFolder = try folders.map { folder in try BraceExpansion.paths(listed.map { $0.path(folder) } ?? path) }
        shards = (perFolder.first ?? []).indices.map { index in Shard(folders: folders, paths: perFolder.map { $0[index] }) }
        var (counts, notes, missing) = ([Int](), [String](), 0)
        for shard in shards {
            do {
                let opened = try ShardSource.open(shard, modalities, matched, names)
                counts.append(opened.keys.count)
                if opened.lone > 0 {
                    notes.append(
                        "\(shard.paths.first ?? ""): \(opened.lone) samples lack another modality, or have keys of their own, and are left out"
                    )
                }
            } catch {
                counts.append(0)
                missing += 1
                if missing <= 5 { notes.append("\(error); the shard is left out") }
            }
        }
        guard counts.contains(where: { $0 > 0 }) else {
            throw FourMError("\(path): none of \(shards.count) shards has a sample" + (notes.first.map { ": \($0)" } ?? ""), .request)
        }
        if missing > 5 { notes.append("\(path): \(missing) shards in all are left out") }
        (self.counts, self.notes) = (counts, notes)
    }

    func read(part: Int, sample: Int) throws -> SampleFiles {
        let opened = try opened(part)
        guard opened.keys.indices.contains(sample) else {
            throw FourMError(
                "\(shards[part].paths.first ?? ""): the shard has changed since the training began; it has no sample \(sample)")
        }
        let key = opened.keys[sample]
        var files: [String: SampleFile] = [:]
        for (index, modality) in modalities.enumerated() {
            let entry = opened.members[index][sample]
            let archive = shards[part].paths[max(shards[part].folders.firstIndex(of: matched[modality] ?? "") ?? 0, 0)]
            let suffix = SampleName.split(entry.name)?.ext ?? ""
            files[modality] = SampleFile(bytes: entry.content, suffix: suffix, name: "\(archive)(\(entry.name))")
        }
        return SampleFiles(name: "\(shards[part].paths.first ?? "")(\(key))", files: files)
    }

    private func opened(_ part: Int) throws -> Opened {
        guard shards.indices.contains(part) else { throw FourMError("there is no shard \(part)", .fault) }
        let kept = open.withLock { state -> Opened? in
            state.clock += 1
            guard let found = state.shards[part] else { return nil }
            state.shards[part] = (found.shard, state.clock)
            return found.shard
        }
        if let kept { return kept }
        // Two threads may open the same one; the second takes the place of the first.
        let made = try ShardSource.open(shards[part], modalities, matched, names)
        open.withLock { state in
            if state.shards.count >= ShardSource.mostOpen, let oldest = state.shards.min(by: { $0.value.used < $1.value.used }) {
                state.shards[oldest.key] = nil
            }
            state.shards[part] = (made, state.clock)
        }
        return made
    }

    private static func open(_ shard: Shard, _ modalities: [String], _ matched: [String: String], _ names: ModalityFolders) throws -> Opened
    {
        var archives: [String: [String: [String: TarArchive.Entry]]] = [:]
        var order: [String] = []
        for (folder, path) in zip(shard.folders, shard.paths) {
            let (found, keys) = try members(path, folder)
            archives[folder] = found
            if order.isEmpty { order = keys }
        }
        func entry(_ modality: String, _ key: String) -> TarArchive.Entry? {
            let own = archives[matched[modality] ?? ""]?[key]
            // In an archive of one modality, members have no modality in their names.
            if let lone = own?[""], matched[modality] != nil { return lone }
            return names.candidates(modality).lazy.compactMap { own?[$0] }.first
        }
        let keys = order.filter { key in modalities.allSatisfy { entry($0, key) != nil } }
        let most = archives.values.map(\.count).max() ?? 0
        return Opened(keys: keys, members: modalities.map { modality in keys.compactMap { entry(modality, $0) } }, lone: most - keys.count)
    }

    /// Members by key and by the modality that their name tells ("" for none), and the keys in order.
    private static func members(_ path: String, _ folder: String) throws -> ([String: [String: TarArchive.Entry]], [String]) {
        guard FilePath.exists(path) else { throw FourMError("\(path): there is no such shard", .request) }
        var (found, keys) = ([String: [String: TarArchive.Entry]](), [String]())
        for entry in try TarArchive(path: path).entries {
            guard let (key, ext) = SampleName.split(entry.name), !(key.hasPrefix("__") && key.hasSuffix("__")) else { continue }
            if found[key] == nil { keys.append(key) }
            found[key, default: [:]][modality(ext), default: entry] = found[key]?[modality(ext)] ?? entry
        }
        return (found, keys)
    }

    /// `rgb` of `rgb.png`; "" of `png` and `json.gz`.
    private static func modality(_ ext: String) -> String {
        let parts = ext.split(separator: ".", omittingEmptySubsequences: false)
        let suffixes = parts.last == "gz" ? 2 : 1
        return parts.count > suffixes ? parts.dropLast(suffixes).joined(separator: ".") : ""
    }
}
