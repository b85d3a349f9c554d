import Digests
import Foundation
import Synchronization
import TestSupport

@testable import Hub

/// A folder that is removed when the object goes.
final class HubFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-hub-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Counts what happens on any thread.
final class Counter: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    /// - Returns: how often it has been called, this time included.
    @discardableResult
    func next() -> Int {
        count.withLock {
            $0 += 1
            return $0
        }
    }
}

extension HubRepository.File {
    /// A file as the Hub has it: `X-Linked-Etag` is the SHA-256 of a large one, `ETag` git's checksum of a small one.
    static func honest(_ name: String, _ content: [UInt8], isLarge: Bool = false) -> HubRepository.File {
        HubRepository.File(name, content, etag: "\"\(etag(content, isLarge))\"", isLarge: isLarge)
    }

    private static func etag(_ content: [UInt8], _ isLarge: Bool) -> String {
        var git = SHA1.gitBlob(size: content.count)
        content.withUnsafeBytes { git.update($0) }
        return (isLarge ? SHA256.digest(of: content) : git.finalized()).map { String(format: "%02x", $0) }.joined()
    }

    /// The etag without quotes.
    var blob: String { String(etag.dropFirst().dropLast()) }
}

/// A repository with a configuration and weights of `bytes` bytes, and what else the Hub has beside them.
func sampleRepository(bytes: Int = 50_000) -> HubRepository {
    var random = SeededRandom(seed: 5)
    let weights = (0..<bytes).map { _ in UInt8.random(in: 0...255, using: &random) }
    return HubRepository([
        .honest("README.md", Array("read me".utf8)), .honest("config.json", Array(#"{"dim": 3}"#.utf8)),
        .honest("model.safetensors", weights, isLarge: true),
    ])
}

/// A Hub in this process with a cache of its own.
struct LocalHub: Sendable {
    let folder: HubFolder
    let hub: HubServer
    /// Where large files are.
    let content: HubServer
    var settings: HubSettings

    /// The servers answer as `repository` does unless `hub` or `content` say otherwise.
    init(
        _ repository: HubRepository, hub: (@Sendable (HubServer.Request) -> HubServer.Answer?)? = nil,
        content: (@Sendable (HubServer.Request) -> HubServer.Answer?)? = nil
    ) throws {
        folder = try HubFolder()
        var repository = repository
        let files = repository
        self.content = try HubServer { content?($0) ?? files.contentAnswer($0) }
        repository.contentServer = self.content.url
        let served = repository
        self.hub = try HubServer { hub?($0) ?? served.answer($0) }
        settings = try HubSettings(environment: ["HF_ENDPOINT": self.hub.url, "HF_HOME": folder.path, "HOME": folder.path])
        settings.retries.firstDelay = .milliseconds(1)
        settings.retries.longestDelay = .milliseconds(2)
    }

    func pull(
        _ name: String = "org/model", _ selection: FileSelection = .needed, onEvent: @escaping @Sendable (Pull.Event) -> Void = { _ in }
    ) async throws -> Pull.Result {
        try await Pull(settings).run(RepositoryName(name), selection, onEvent: onEvent)
    }

    /// What the pull throws.
    func failure(_ name: String = "org/model", _ selection: FileSelection = .needed) async -> HubError? {
        do {
            _ = try await pull(name, selection)
            return nil
        } catch { return error as? HubError }
    }

    func path(_ part: String) -> String { "\(settings.cache.folder)/models--org--model/\(part)" }

    func bytes(_ part: String) -> [UInt8]? { FileManager.default.contents(atPath: path(part)).map(Array.init) }

    /// Names in `blobs`.
    var blobs: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path("blobs"))) ?? []).sorted() }
}
