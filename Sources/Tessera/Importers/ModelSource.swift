import Files
import Formats
import Foundation
import Hub

/// Where a model is, and how its content begins.
package struct ModelSource: Sendable {
    /// As the caller named it.
    package let given: String
    package let path: String
    /// The Hub repository that was named; nil for a path.
    package let repository: RepositoryName?
    package let isFolder: Bool
    /// The first bytes of a file, at most 4096.
    package let head: [UInt8]
    /// Names in a folder.
    package let names: Set<String>

    /// - Throws: `HubError` if there is neither a path nor a repository of that name in the cache.
    package init(_ given: String) throws {
        let location = try ModelLocation.find(given)
        self.given = given
        (path, repository) = (location.path, location.repository)
        isFolder = FilePath.isFolder(path)
        head = isFolder ? [] : try InputFile.head(CompiledPlace(path)?.file ?? path, count: 4096)
        names = Set(isFolder ? try FileManager.default.contentsOfDirectory(atPath: path) : [])
    }

    /// Whether it names several models: a folder with a `bundle.yaml`, such a file, or a compiled bundle.
    package var isBundle: Bool {
        names.contains("bundle.yaml") || path.hasSuffix(".yaml") || path.hasSuffix(".yml") || CompiledPlace.isBundle(path)
    }

    /// What is wrong with it where no importer knows it.
    var problem: String {
        if isFolder { return names.isEmpty ? "is an empty folder" : "is a folder without a model" }
        guard let kind = FileKind(head) else { return "is of no known format" }
        return "is \(kind.title)" + (kind.remedy.map { "; \($0)" } ?? ", which is no model that can be opened")
    }
}
