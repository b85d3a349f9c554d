import Files
import Formats
import FourMCodecs

/// The files of an archive that are samples of one modality.
struct ShardMembers: Sendable {
    struct Sample: Sendable {
        let key: String
        let entry: TarArchive.Entry
    }

    /// A file that would be a sample and cannot be one.
    struct Problem: Sendable {
        /// Key of the sample, or the file's name where it gives none.
        let sample: String
        let reason: String
    }

    private(set) var samples: [Sample] = []
    private(set) var problems: [Problem] = []

    /// As WebDataset: a key ends at the first dot of the name's last part; files without extension and those called `__…__` are no samples.
    /// A key that comes twice, as in shards of several modalities with several pictures, is a problem.
    init(_ archive: TarArchive, _ files: DenseFiles) { self.init(archive, files.suffixes) }

    init(_ archive: TarArchive, _ suffixes: Set<String>) {
        var taken: [String: String] = [:]
        for entry in archive.entries {
            guard let (key, ext) = SampleName.split(entry.name) else {
                take(nameless: entry, suffixes)
                continue
            }
            guard suffixes.contains(SampleName.suffix(ext)), !ShardMembers.isMeta(key) else { continue }
            if let other = taken.updateValue(taken[key] ?? entry.name, forKey: key) {
                let reason = "\(entry.name): the sample has another file, \(other); a key ends at the first dot of the name"
                problems.append(Problem(sample: key, reason: reason))
            } else {
                samples.append(Sample(key: key, entry: entry))
            }
        }
        for member in archive.passedOver {
            guard let (key, ext) = SampleName.split(member.name), suffixes.contains(SampleName.suffix(ext)) else { continue }
            problems.append(Problem(sample: key, reason: "\(member.name): \(member.reason)"))
        }
    }

    private static func isMeta(_ key: String) -> Bool { key.hasPrefix("__") && key.hasSuffix("__") }

    /// A picture or array without extension has lost its name; other such files are notes.
    private mutating func take(nameless entry: TarArchive.Entry, _ suffixes: Set<String>) {
        let name = entry.name.split(separator: "/").last ?? ""
        guard !name.hasPrefix("."), !ShardMembers.isMeta(String(name)) else { return }
        let kind = FileKind(entry.content.buffer.prefix(FileKind.headCount))
        guard let kind, suffixes.contains(kind == .numpy ? "npy" : kind.rawValue.lowercased()) else { return }
        problems.append(
            Problem(sample: entry.name, reason: "it is \(kind.title), but its name has no extension, and so no key; rename it in the shard")
        )
    }
}
