import Formats
import Foundation

/// Where on the disk a model is that a user, a bundle or a generation config names: a path, or a repository in the Hub's cache.
package struct ModelLocation: Sendable, Hashable {
    /// A file or folder that exists, or `FILE/NAME` of a model in a compiled bundle.
    package let path: String
    /// The repository that was named; nil for a path.
    package let repository: RepositoryName?

    /// Finds `given`: what lies at that path (relative to `folder`, else to the working folder) or in a compiled bundle there, else the repository
    /// `ORG/NAME[@REVISION]` in the cache. Never asks the network.
    ///
    /// Of a repository this is its snapshot's folder, or the one weight file in it if that is not called `model.safetensors`.
    /// - Throws: ``HubError`` of kind `notFound`, `notCached` or `incomplete`, which says how to fetch it.
    package static func find(
        _ given: String, in folder: String? = nil, cache: HubCache = HubSettings.localCache
    ) throws(HubError) -> ModelLocation {
        let path = folder.map { given.hasPrefix("/") ? given : "\($0)/\(given)" } ?? given
        if DiskItem.exists(path) || CompiledPlace(path) != nil { return ModelLocation(path: path, repository: nil) }
        guard let name = repository(given) else {
            throw HubError(
                .notFound, "\(path) does not exist; give a file, a folder, or a Hub name such as EPFL-VILAB/4M-7_B_CC12M")
        }
        guard let snapshot = cache.snapshot(of: name) else { throw notCached(name, cache) }
        return ModelLocation(path: try weights(in: snapshot, name, cache), repository: name)
    }

    /// `given` as the name of a repository; nil for what can only be a path.
    package static func repository(_ given: String) -> RepositoryName? {
        let others = [".onnx", ".json", ".yaml", ".yml", ".tess", ".npy", ".npz", ".png", ".jpg", ".webp"]
        guard !(ModelSuffix.all + others).contains(where: given.lowercased().hasSuffix) else { return nil }
        return try? RepositoryName(given)
    }

    private static func notCached(_ name: RepositoryName, _ cache: HubCache) -> HubError {
        let known = cache.revisions(of: name)
        let has = known.isEmpty ? "" : ", which has of it: \(known.map { "\(name.id)@\($0)" }.joined(separator: ", "))"
        return HubError(
            .notCached, "\(name) is neither a path nor in the Hub cache (\(cache.folder))\(has); fetch it with: tessera pull \(name)")
    }

    private static func several(_ models: [String], _ name: RepositoryName, _ snapshot: String) -> HubError {
        let list = models.map { "\(snapshot)/\($0)" }.joined(separator: "\n  ")
        return HubError(.notFound, "\(name) holds several models; name one of them:\n  \(list)")
    }

    private static func weights(in snapshot: String, _ name: RepositoryName, _ cache: HubCache) throws(HubError) -> String {
        let files = cache.files(of: name).map(\.name)
        // This needs no shards, whatever other sets there are.
        if files.contains("model.safetensors") { return snapshot }
        let missing = ShardSet.missing(from: files, in: snapshot)
        guard missing.isEmpty else {
            throw HubError(.incomplete, "of \(name) the cache lacks \(ShardSet.list(missing)); fetch the rest with: tessera pull \(name)")
        }
        if files.contains("bundle.yaml") { return snapshot }
        switch ModelFolder.choice(among: files.filter { !$0.contains("/") }) {
        case .file(let file, isUsual: false): return "\(snapshot)/\(file)"
        case .several(let models): throw several(models, name, snapshot)
        case .none: break
        default: return snapshot
        }
        let below = files.filter(ModelFolder.isModel)
        if below.count == 1 { return "\(snapshot)/\(below[0])" }
        guard below.isEmpty else { throw several(below, name, snapshot) }
        let has = files.isEmpty ? "nothing" : files.joined(separator: ", ")
        throw HubError(.notCached, "of \(name) the cache has \(has), and no model; fetch it with: tessera pull \(name)")
    }
}
