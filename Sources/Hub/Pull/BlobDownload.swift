import Foundation

/// The way of one file into the cache: lock, resume, retry, check, rename.
struct BlobDownload {
    private let client: HubClient
    private let cache: HubCache
    private let name: RepositoryName
    private let commit: String
    private let file: HubClient.FileFacts
    private let blobPath: String
    private let lockPath: String
    /// Bytes of the files before this one, for progress.
    private let before: Int
    private let onEvent: @Sendable (Pull.Event) -> Void

    init(
        _ client: HubClient, _ cache: HubCache, _ name: RepositoryName, _ commit: String, _ file: HubClient.FileFacts, before: Int,
        _ onEvent: @escaping @Sendable (Pull.Event) -> Void
    ) {
        (self.client, self.cache, self.name, self.commit, self.file) = (client, cache, name, commit, file)
        (self.before, self.onEvent) = (before, onEvent)
        blobPath = cache.blob(name, file.blob)
        lockPath = cache.lock(name, file.blob)
    }

    private var what: String { "\(name.id): \(file.name)" }

    /// - Returns: bytes that came over the network; 0 if another process was faster.
    /// - Throws: ``HubError``; `CancellationError`.
    func run() async throws -> Int {
        let lock = try await FileLock.acquire(lockPath) { self.onEvent(.waiting(file: file.name)) }
        defer { withExtendedLifetime(lock) {} }
        if cache.has(file.blob, of: name, size: file.size) { return 0 }
        let (before, fileName, onEvent) = (before, file.name, onEvent)
        let partial = PartialFile(blobPath: blobPath, blob: file.blob, size: file.size, what: what) { bytes in
            onEvent(.progress(file: fileName, bytes: before.addingSaturated(bytes)))
        }
        do {
            try partial.open()
            try await fill(partial)
            if try !partial.finish(as: blobPath) { onEvent(.unverified(file: fileName)) }
        } catch let error as HubError where error.kind == .corrupt {
            partial.discard()
            throw error
        }
        return partial.received
    }

    /// Fetches what `partial` lacks.
    private func fill(_ partial: PartialFile) async throws {
        let retries = client.settings.retries
        var failures = 0
        while file.size == nil || partial.count != file.size {
            let start = partial.count
            do {
                let head = try await client.content(of: file.name, of: name, at: commit, from: start, into: partial)
                if file.size == nil, head.status != 416 { return }
                if head.status == 416 { try partial.restart() }
                if partial.count == file.size { return }
                throw TransientError(
                    error: HubError(
                        .unreachable,
                        "\(what): the server ends after \(partial.count) of \(file.size ?? 0) bytes; they are kept, pull again"))
            } catch let failure as TransientError {
                failures = partial.count > start ? 1 : failures + 1
                guard failures < retries.attempts else { throw failure.error }
                onEvent(.retrying(file: file.name, offset: partial.count, reason: failure.error.description))
                try await retries.wait(failure, failures, onEvent)
            }
        }
    }
}
