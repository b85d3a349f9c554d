import Formats
import Foundation

/// The Hub's cache on disk, in the layout of Python's huggingface_hub, which reads and writes the same folder:
///
///     models--ORG--NAME/blobs/ETAG                  content; ETAG.incomplete while it arrives
///     models--ORG--NAME/refs/REVISION               the commit that a branch or tag stood for
///     models--ORG--NAME/snapshots/COMMIT/FILE       → ../../blobs/ETAG
/// Where there are no symbolic links, or a copy followed them, the files of snapshots hold the content themselves, and blobs may lack.
///
///     .locks/models--ORG--NAME/ETAG.lock            held while a blob is written
///
/// Source: huggingface_hub, `file_download.py` and its guide "Understand caching".
package struct HubCache: Sendable, Hashable {
    /// `$HF_HUB_CACHE`, else `$HF_HOME/hub`, else `~/.cache/huggingface/hub`.
    package let folder: String

    /// Whether files of snapshots are links to blobs; else, and where the file system has no links, the blobs themselves.
    let usesLinks: Bool

    package init(folder: String, usesLinks: Bool = true) { (self.folder, self.usesLinks) = (folder, usesLinks) }

    /// The commit that the revision of `name` stands for here; nil if the cache does not know.
    package func commit(of name: RepositoryName) -> String? {
        let revision = name.wanted
        if RepositoryName.isCommit(revision) { return revision }
        guard let data = try? MappedFile.bytes(path(name, "refs/\(revision)"), limit: 200) else { return nil }
        let text = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        return RepositoryName.isCommit(text) ? text : nil
    }

    /// The folder with the files of the revision of `name`; nil if none of them is here.
    package func snapshot(of name: RepositoryName) -> String? {
        guard let commit = commit(of: name) else { return nil }
        let folder = snapshotFolder(name, commit)
        return DiskItem.isFolder(folder) ? folder : nil
    }

    /// Names and sizes of the files of the revision of `name`, sorted by name; links to nothing are left out.
    package func files(of name: RepositoryName) -> [(name: String, bytes: Int)] {
        guard let folder = snapshot(of: name), let walk = FileManager.default.enumerator(atPath: folder) else { return [] }
        var found: [(name: String, bytes: Int)] = []
        for case let file as String in walk {
            if let bytes = DiskItem.fileSize(folder + "/" + file) { found.append((file, bytes)) }
            if found.count >= 10_000 { break }
        }
        return found.sorted { $0.name < $1.name }
    }

    /// Branches, tags and commits of `name` that the cache holds.
    package func revisions(of name: RepositoryName) -> [String] {
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: path(name, "refs"))) ?? []
        let references = names.filter { reference in (try? name.at(reference)).map { snapshot(of: $0) != nil } ?? false }
        let named = Set(references.compactMap { reference in (try? name.at(reference)).flatMap { commit(of: $0) } })
        let commits = (try? FileManager.default.contentsOfDirectory(atPath: path(name, "snapshots"))) ?? []
        return references.sorted() + commits.filter { RepositoryName.isCommit($0) && !named.contains($0) }.sorted()
    }

    func path(_ name: RepositoryName, _ part: String) -> String { "\(folder)/\(name.folder)/\(part)" }

    func snapshotFolder(_ name: RepositoryName, _ commit: String) -> String { path(name, "snapshots/\(commit)") }

    func snapshotFile(_ name: RepositoryName, _ commit: String, _ file: String) -> String { snapshotFolder(name, commit) + "/" + file }

    func blob(_ name: RepositoryName, _ blob: String) -> String { path(name, "blobs/\(blob)") }

    /// Whether the blob is here, and as long as announced.
    func has(_ blob: String, of name: RepositoryName, size: Int?) -> Bool {
        guard let found = DiskItem.fileSize(self.blob(name, blob)) else { return false }
        return size.map { $0 == found } ?? true
    }

    /// Whether the snapshot has `file` itself, as long as announced: a cache that was copied without links, or never had any.
    func has(_ file: HubClient.FileFacts, of name: RepositoryName, at commit: String) -> Bool {
        guard let found = DiskItem.fileSize(snapshotFile(name, commit, file.name)) else { return false }
        return file.size.map { $0 == found } ?? true
    }

    func lock(_ name: RepositoryName, _ blob: String) -> String { "\(folder)/.locks/\(name.folder)/\(blob).lock" }
}
