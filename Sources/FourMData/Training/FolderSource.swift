import Files
import Formats
import FourMCodecs
import FourMSettings
import IR

/// Samples of the simple layout: `root/MODALITY/folder/NAME.ext`, with the same names in all modalities.
///
/// Source: `MultiModalDatasetFolder` in `fourm/data/multimodal_dataset_folder.py`, which takes files by their number in each folder; here they are
/// taken by name, so that a file that one modality lacks does not shift all others.
struct FolderSource: SampleSource {
    private let root: String
    private let modalities: [String]
    private let folders: [String]
    /// Path below the modality's folder, without extension.
    private let keys: [String]
    /// Extensions by modality; nil where all are the first one.
    private let extensions: [[String]]
    let notes: [String]

    var counts: [Int] { [keys.count] }

    /// - Throws: ``FourMError`` naming a modality without folder or files, or a folder where names do not fit; `OutputError`.
    init(_ root: String, _ modalities: [String], _ names: ModalityFolders) throws {
        guard FilePath.isFolder(root) else {
            throw FourMError("\(root) is no folder; data_path names the folder of the data set", .request)
        }
        let there = try FolderListing(root, suffixes: []).folders
        let matched = try names.match(modalities, among: there, in: root)
        var lists: [[String: String]] = []
        var notes: [String] = []
        for modality in modalities {
            lists.append(try FolderSource.list(root, modality, matched[modality] ?? modality, names.suffixes(modality), &notes))
        }
        let first = lists.first ?? [:]
        keys = first.keys.filter { key in lists.allSatisfy { $0[key] != nil } }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        for (modality, list) in zip(modalities, lists) where list.count > keys.count {
            let lone = list.keys.filter { key in lists.contains { $0[key] == nil } }.min() ?? ""
            notes.append(
                "\(root): \(list.count - keys.count) samples of \(modality) lack another modality and are left out, such as \(lone)")
        }
        guard !keys.isEmpty else {
            throw FourMError(
                "\(root): no sample has files in all of \(modalities.joined(separator: ", ")); names must be the same in all of them")
        }
        (self.root, self.modalities, self.notes) = (root, modalities, notes)
        folders = modalities.map { matched[$0] ?? $0 }
        let keys = keys
        extensions = lists.map { list in keys.map { list[$0] ?? "" } }
    }

    /// Extensions by key.
    private static func list(
        _ root: String, _ modality: String, _ folder: String, _ suffixes: Set<String>, _ notes: inout [String]
    ) throws -> [String: String] {
        let path = FilePath.join(root, folder)
        let files = try FolderListing(path, suffixes: suffixes, entersSubfolders: true).files
        var list: [String: String] = [:]
        list.reserveCapacity(files.count)
        var twice: (count: Int, example: String) = (0, "")
        for file in files {
            guard let key = SampleName.split(file)?.key else { continue }
            if list[key] == nil {
                list[key] = String(file.dropFirst(key.count + 1))
            } else {
                twice = (twice.count + 1, file)
            }
        }
        if twice.count > 0 { notes.append("\(path): \(twice.count) second files of samples are left out, such as \(twice.example)") }
        guard !list.isEmpty else {
            let kinds = suffixes.sorted().map { ".\($0)" }.joined(separator: " ")
            throw FourMError("\(path) has no files of '\(modality)' (\(kinds))", .request)
        }
        return list
    }

    func read(part: Int, sample: Int) throws -> SampleFiles {
        guard keys.indices.contains(sample) else { throw FourMError("\(root) has no sample \(sample)", .fault) }
        let key = keys[sample]
        var files: [String: SampleFile] = [:]
        for (index, modality) in modalities.enumerated() {
            let path = "\(root)/\(folders[index])/\(key).\(extensions[index][sample])"
            files[modality] = SampleFile(
                bytes: ByteSlice(try MappedFile.open(path)), suffix: extensions[index][sample].lowercased(), name: path)
        }
        return SampleFiles(name: "\(root)/*/\(key)", files: files)
    }
}
