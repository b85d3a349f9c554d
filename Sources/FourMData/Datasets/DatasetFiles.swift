import Files
import FourMCodecs
import FourMSettings

/// What the folder of one modality holds, by kind.
struct DatasetFiles {
    let shards: [String]
    /// Archives that would be shards if they were not compressed.
    let compressed: [String]
    /// Files of the modality outside of shards.
    let loose: [String]
    /// Paths of files of these kinds that cannot be looked at.
    let lost: [String]
    /// What else there is, counted, in words.
    let others: String

    private static let archives = [".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst"]

    /// - Throws: `OutputError` for a folder that cannot be read.
    init(_ folder: String, _ files: DenseFiles) throws {
        let packed = Set(DatasetFiles.archives.compactMap { $0.split(separator: ".").last.map(String.init) })
        let listing = try FolderListing(folder, suffixes: files.suffixes.union(packed).union(["tar"]), entersSubfolders: true)
        func isSample(_ path: String) -> Bool {
            SampleName.split(path).map { files.suffixes.contains(SampleName.suffix($0.ext)) } ?? false
        }
        shards = listing.files.filter(DatasetFiles.isShard)
        compressed = listing.files.filter(DatasetFiles.isCompressed)
        loose = listing.files.filter(isSample)
        lost = listing.lost.filter { isSample($0) || DatasetFiles.isShard($0) || DatasetFiles.isCompressed($0) || !$0.contains(".") }
        others = listing.leftOut
    }

    static func isShard(_ path: String) -> Bool { path.lowercased().hasSuffix(".tar") }

    private static func isCompressed(_ path: String) -> Bool { archives.contains(where: path.lowercased().hasSuffix) }

    /// - Throws: ``FourMError`` if there is nothing to tokenize, or both layouts are mixed.
    func check(_ folder: String, _ files: DenseFiles) throws(FourMError) {
        if let shard = shards.first, let file = loose.first {
            throw FourMError("\(folder) holds both shards (\(shard)) and loose files (\(file)); keep one kind")
        }
        guard shards.isEmpty, loose.isEmpty else { return }
        if let archive = compressed.first {
            let more = compressed.count > 1 ? " and \(compressed.count - 1) more" : ""
            throw FourMError("\(folder) holds compressed shards only (\(archive)\(more)): \(DatasetFiles.decompress(archive))")
        }
        let kinds = files.readSuffixes.sorted().map { ".\($0)" }.joined(separator: " ")
        let has = others.isEmpty ? "; it is empty" : "; it has \(others)"
        throw FourMError("\(folder) holds neither .tar shards nor files of this modality (\(kinds))\(has)")
    }

    /// What to do with a compressed archive.
    static func decompress(_ archive: String) -> String {
        let tools = ["gz": "gunzip", "tgz": "gunzip", "bz2": "bunzip2", "tbz2": "bunzip2", "xz": "unxz", "txz": "unxz"]
        let tool = tools[SampleName.suffix(archive.lowercased())] ?? "unzstd"
        return "only plain .tar archives are read; decompress it first, with '\(tool)'"
    }
}
