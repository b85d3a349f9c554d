import Foundation

/// Fetches files of a model repository into the cache.
package struct Pull: Sendable {
    package enum Event: Sendable, Equatable {
        /// What will be fetched: files that are not in the cache, and their bytes with what an earlier run left.
        case started(commit: String, files: Int, bytes: Int)
        /// `bytes` of all that will be fetched are here; `file` is being fetched.
        case progress(file: String, bytes: Int)
        /// Another process fetches the same file.
        case waiting(file: String)
        /// The next try has to wait; told every second.
        case paused(reason: String, secondsLeft: Int)
        /// The connection broke; it goes on from byte `offset`.
        case retrying(file: String, offset: Int, reason: String)
        /// The etag of `file` is no checksum that could be held against its content.
        case unverified(file: String)
    }

    /// A file that is now in the cache.
    package struct File: Sendable, Equatable, Encodable {
        package let name: String
        package let path: String
        package let bytes: Int
        /// Bytes that came over the network for it; 0 if it was in the cache already.
        package let fetchedBytes: Int
    }

    package struct Result: Sendable, Equatable, Encodable {
        package let repository: String
        package let revision: String
        package let commit: String
        /// The snapshot's folder.
        package let folder: String
        package let files: [File]
        /// Whether the network was not asked (`HF_HUB_OFFLINE`).
        package let isOffline: Bool
    }

    private let settings: HubSettings
    private let client: HubClient

    package init(_ settings: HubSettings) {
        self.settings = settings
        client = HubClient(settings)
    }

    private var cache: HubCache { settings.cache }

    /// Fetches what of `selection` is not in the cache. Broken transfers go on where they stopped, in this run or in a later one;
    /// every file is held against its checksum before it gets its name.
    /// - Throws: ``HubError`` naming repository and file; `CancellationError`.
    package func run(
        _ name: RepositoryName, _ selection: FileSelection = .needed, onEvent: @escaping @Sendable (Event) -> Void = { _ in }
    ) async throws -> Result {
        if case .files(let files) = selection { for file in files { try RepositoryFile.check(file, in: name) } }
        if settings.isOffline { return try cached(name, selection) }
        let listing = try await client.listing(of: name, onEvent)
        var facts: [HubClient.FileFacts] = []
        for file in try selection.select(from: listing.files, of: name) {
            facts.append(try await client.facts(of: file, of: name, at: listing.commit, onEvent))
        }
        let fetched = try await fetch(facts, name, listing.commit, onEvent)
        try cache.note(listing.commit, for: name)
        return result(name, listing.commit, facts.map(\.name), fetched, isOffline: false)
    }

    /// Files by name with the bytes that came over the network.
    private func fetch(
        _ files: [HubClient.FileFacts], _ name: RepositoryName, _ commit: String, _ onEvent: @escaping @Sendable (Event) -> Void
    ) async throws -> [String: Int] {
        let missing = files.filter { !cache.has($0.blob, of: name, size: $0.size) && !cache.has($0, of: name, at: commit) }
        let bytes = missing.reduce(0) { $0.addingSaturated($1.size ?? 0) }
        onEvent(.started(commit: commit, files: missing.count, bytes: bytes))
        let here = missing.reduce(0) { $0 + (DiskItem.fileSize(cache.blob(name, $1.blob) + ".incomplete") ?? 0) }
        try DiskItem.makeFolder(cache.path(name, "blobs"))
        try cache.checkSpace(for: bytes - min(here, bytes))
        var fetched: [String: Int] = [:]
        var before = 0
        for file in files {
            if missing.contains(file) {
                let download = BlobDownload(client, cache, name, commit, file, before: before, onEvent)
                fetched[file.name] = try await download.run()
                before = before.addingSaturated(file.size ?? 0)
            }
            let isShared = files.contains { $0.blob == file.blob && $0.name != file.name }
            try cache.place(file, of: name, at: commit, keepsBlob: isShared)
        }
        return fetched
    }

    /// What the cache has of `selection`, without the network.
    /// - Throws: ``HubError`` of kind `offline` or `incomplete`.
    private func cached(_ name: RepositoryName, _ selection: FileSelection) throws(HubError) -> Result {
        let files = cache.files(of: name).map(\.name)
        guard let commit = cache.commit(of: name), let chosen = try? selection.select(from: files, of: name), !chosen.isEmpty else {
            throw HubError(
                .offline,
                "\(name) is not in the cache (\(cache.folder)), or not all that was asked for, and HF_HUB_OFFLINE forbids to fetch it")
        }
        let missing = ShardSet.missing(from: selection.takesWholeModels ? files : [], in: cache.snapshotFolder(name, commit))
        guard missing.isEmpty else {
            throw HubError(
                .incomplete,
                "of \(name) the cache (\(cache.folder)) lacks \(ShardSet.list(missing)), and HF_HUB_OFFLINE forbids to fetch that; "
                    + "unset it and pull again")
        }
        return result(name, commit, chosen, [:], isOffline: true)
    }

    private func result(
        _ name: RepositoryName, _ commit: String, _ files: [String], _ fetched: [String: Int], isOffline: Bool
    ) -> Result {
        let found = files.map { file in
            let path = cache.snapshotFile(name, commit, file)
            return File(name: file, path: path, bytes: DiskItem.fileSize(path) ?? 0, fetchedBytes: fetched[file] ?? 0)
        }
        return Result(
            repository: name.id, revision: name.wanted, commit: commit, folder: cache.snapshotFolder(name, commit), files: found,
            isOffline: isOffline)
    }
}

extension Int {
    /// The sum, at most `Int.max`; for sizes that a server announces.
    func addingSaturated(_ other: Int) -> Int {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}
