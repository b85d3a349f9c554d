import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Hub

@Suite struct PullTests {
    @Test func layoutIsThatOfHuggingfaceHub() async throws {
        let repository = sampleRepository()
        let local = try LocalHub(repository)
        let result = try await local.pull()
        let commit = repository.commit
        #expect(result.files.map(\.name) == ["config.json", "model.safetensors"])
        #expect(result.files.allSatisfy { $0.fetchedBytes == $0.bytes })
        #expect(local.blobs == repository.files.dropFirst().map(\.blob).sorted())
        #expect(local.bytes("refs/main") == Array(commit.utf8))
        #expect(local.bytes("snapshots/\(commit)/model.safetensors") == repository.files[2].content)
        let link = try FileManager.default.destinationOfSymbolicLink(atPath: local.path("snapshots/\(commit)/config.json"))
        #expect(link == "../../blobs/\(repository.files[1].blob)")
        #expect(result.folder == local.path("snapshots/\(commit)"))
        let location = try ModelLocation.find("org/model", cache: local.settings.cache)
        #expect(location.path == result.folder && location.repository?.name == "model")
    }

    @Test func filesInFoldersLinkToTheirBlobs() async throws {
        let repository = HubRepository([.honest("a/b/x.safetensors", [1, 2, 3], isLarge: true), .honest("a/b/config.json", [])])
        let local = try LocalHub(repository)
        _ = try await local.pull()
        #expect(local.bytes("snapshots/\(repository.commit)/a/b/x.safetensors") == [1, 2, 3])
        #expect(local.bytes("snapshots/\(repository.commit)/a/b/config.json") == [])
        #expect(try ModelLocation.find("org/model", cache: local.settings.cache).path.hasSuffix("a/b/x.safetensors"))
    }

    @Test func whatIsHereIsNotFetchedAgain() async throws {
        let local = try LocalHub(sampleRepository())
        _ = try await local.pull()
        let before = local.content.requests.count
        let again = try await local.pull()
        #expect(again.files.allSatisfy { $0.fetchedBytes == 0 && $0.bytes > 0 })
        #expect(local.content.requests.count == before)
        let requests = local.hub.requests.count
        _ = try ModelLocation.find("org/model", cache: local.settings.cache)
        #expect(local.hub.requests.count == requests)
    }

    @Test func tokenGoesToTheHubAndNowhereElse() async throws {
        var repository = sampleRepository()
        repository.token = "hf_secret"
        var local = try LocalHub(repository)
        let refused = await local.failure()
        #expect(refused?.kind == .unauthorized)
        #expect(refused?.description.contains("is gated") == true && refused?.description.contains("HF_TOKEN") == true)
        local.settings.token = "hf_secret"
        _ = try await local.pull()
        let seen = local.content.requests
        #expect(seen.contains { $0.method == "GET" } && seen.allSatisfy { $0.fields["authorization"] == nil })
    }

    @Test func selections() async throws {
        let repository = sampleRepository()
        let all = try LocalHub(repository)
        #expect(try await all.pull("org/model", .all).files.count == 3)
        let one = try LocalHub(repository)
        #expect(try await one.pull("org/model", .files(["README.md"])).files.map(\.name) == ["README.md"])
        let partly = #expect(throws: HubError.self) { try ModelLocation.find("org/model", cache: one.settings.cache) }
        #expect(partly?.kind == .notCached && partly?.description.contains("tessera pull org/model") == true)
        let name = try RepositoryName("org/model")
        func needed(_ files: [String]) throws -> [String] { try FileSelection.needed.select(from: files, of: name) }
        #expect(try needed(["a.pth", "x.txt", "config.json"]) == ["a.pth", "config.json"])
        #expect(try needed(["a.pth", "b.safetensors", "b.json", "c.json"]) == ["b.json", "b.safetensors"])
        let shards = ["model-1.safetensors", "model-2.safetensors", "model.safetensors.index.json"]
        #expect(try needed(shards + ["README.md"]) == shards)
        #expect(try needed(["bundle.yaml", "text.json", "fm.safetensors"]) == ["bundle.yaml", "fm.safetensors", "text.json"])
        #expect(throws: HubError.self) { try needed(["README.md"]) }
    }

    @Test func revisionsAreNotedSeparately() async throws {
        let repository = sampleRepository()
        let local = try LocalHub(repository)
        #expect(try await local.pull("org/model@v1").revision == "v1")
        let missing = #expect(throws: HubError.self) { try ModelLocation.find("org/model", cache: local.settings.cache) }
        #expect(missing?.description.contains("org/model@v1") == true)
        #expect(try ModelLocation.find("org/model@v1", cache: local.settings.cache).path == local.path("snapshots/\(repository.commit)"))
        #expect(try ModelLocation.find("org/model@\(repository.commit)", cache: local.settings.cache).path.hasSuffix(repository.commit))
        #expect(FileManager.default.fileExists(atPath: local.path("refs/v1")))
        #expect(!FileManager.default.fileExists(atPath: local.path("refs/main")))
    }

    @Test func twoPullsAtOnceFetchOnce() async throws {
        let repository = sampleRepository()
        let local = try LocalHub(
            repository,
            content: { request in
                var answer = repository.contentAnswer(request)
                answer.delay = 150
                return answer
            })
        let waits = Counter()
        async let first = local.pull { if case .waiting = $0 { waits.next() } }
        async let second = local.pull { if case .waiting = $0 { waits.next() } }
        let results = try await [first, second]
        #expect(results.map { $0.files[1].fetchedBytes }.sorted() == [0, 50_000])
        #expect(local.content.requests.count == 1)
        #expect(waits.value >= 1)
        #expect(local.bytes("snapshots/\(repository.commit)/model.safetensors") == repository.files[2].content)
    }

    @Test func offlineUsesTheCacheOnly() async throws {
        var local = try LocalHub(sampleRepository())
        local.settings.isOffline = true
        let nothing = await local.failure()
        #expect(nothing?.kind == .offline)
        #expect(local.hub.requests.isEmpty)
        local.settings.isOffline = false
        _ = try await local.pull()
        let requests = local.hub.requests.count
        local.settings.isOffline = true
        let result = try await local.pull()
        #expect(result.isOffline && result.files.map(\.name) == ["config.json", "model.safetensors"])
        #expect(await local.failure("org/model", .files(["README.md"]))?.kind == .offline)
        #expect(local.hub.requests.count == requests)
    }

    @Test(arguments: [
        // What lies in the cache, and what is lacking.
        (["config.json", "model-00001-of-00003.safetensors", "model.safetensors.index.json"], "model-00002-of-00003.safetensors, sub/"),
        (["model-00001-of-00003.safetensors"], "model.safetensors.index.json"),
        (["model.safetensors.index.json", "bundle.yaml"], "model-00001-of-00003.safetensors, model-00002"),
    ])
    func halfOfAModelInSeveralFilesIsNone(files: [String], lacking: String) async throws {
        let index =
            #"{"weight_map": {"a": "model-00001-of-00003.safetensors", "b": "model-00002-of-00003.safetensors", "c": "sub/m.safetensors"}}"#
        let all = [
            "bundle.yaml", "config.json", "model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "sub/m.safetensors",
        ]
        var local = try LocalHub(
            HubRepository(all.map { .honest($0, [1]) } + [.honest("model.safetensors.index.json", Array(index.utf8))]))
        _ = try await local.pull("org/model", .files(files))
        let found = #expect(throws: HubError.self) { try ModelLocation.find("org/model", cache: local.settings.cache) }
        #expect(found?.kind == .incomplete && found?.description.contains("lacks \(lacking)") == true)
        #expect(found?.description.contains("tessera pull org/model") == true)
        local.settings.isOffline = true
        for selection in [FileSelection.needed, .all] {
            let error = await local.failure("org/model", selection)
            #expect(error?.kind == .incomplete && error?.description.contains("lacks \(lacking)") == true)
            #expect(error?.description.contains("HF_HUB_OFFLINE") == true)
        }
        #expect(try await local.pull("org/model", .files(files)).files.count == files.count)
        local.settings.isOffline = false
        _ = try await local.pull()
        local.settings.isOffline = true
        #expect(try await local.pull().files.count == all.count + 1)
        #expect(try ModelLocation.find("org/model", cache: local.settings.cache).repository?.name == "model")
    }

    @Test func shardsBesideAWholeModelDoNotMatter() async throws {
        let index = #"{"weight_map": {"a": "model-00002-of-00002.safetensors"}}"#
        let local = try LocalHub(
            HubRepository([
                .honest("model.safetensors", [1]), .honest("model.safetensors.index.json", Array(index.utf8)),
                .honest("model-00001-of-00002.safetensors", [1]), .honest("other.safetensors.index.json", Array("no JSON".utf8)),
            ]))
        _ = try await local.pull()
        #expect(try ModelLocation.find("org/model", cache: local.settings.cache).repository != nil)
    }

    @Test func serverThatIsNotThere() async throws {
        var local = try LocalHub(sampleRepository())
        local.settings.endpoint = try #require(URL(string: "http://127.0.0.1:9"))
        local.settings.retries.attempts = 2
        let error = await local.failure()
        #expect(error?.kind == .unreachable)
        #expect(error?.description.contains("check the network") == true)
    }

    /// Progress comes from inside the exchange that the cancellation ends.
    @Test func cancellationFromAnEvent() async throws {
        let local = try LocalHub(sampleRepository())
        let (gate, opens) = AsyncStream.makeStream(of: Void.self)
        let task = Mutex<Task<Pull.Result, any Error>?>(nil)
        let pull = Task {
            for await _ in gate { break }
            return try await local.pull { event in
                if case .progress = event { task.withLock { $0?.cancel() } }
            }
        }
        task.withLock { $0 = pull }
        opens.yield()
        await #expect(throws: CancellationError.self) { try await pull.value }
    }

    @Test func cancellationKeepsWhatHasArrived() async throws {
        let repository = sampleRepository()
        let local = try LocalHub(
            repository,
            content: { request in
                guard request.rangeStart == nil else { return nil }
                var answer = repository.contentAnswer(request)
                (answer.breaksAfter, answer.delay) = (20_000, 0)
                return answer
            })
        var slow = local.settings
        slow.retries.firstDelay = .seconds(60)
        slow.retries.longestDelay = .seconds(60)
        let settings = slow
        let task = Task { try await Pull(settings).run(RepositoryName("org/model")) }
        let partial = local.path("blobs/\(repository.files[2].blob).incomplete")
        for _ in 0..<200 where (DiskItem.fileSize(partial) ?? 0) < 20_000 { try await Task.sleep(for: .milliseconds(10)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(DiskItem.fileSize(partial) == 20_000)
        #expect(try await local.pull().files[1].fetchedBytes == 30_000)
    }
}
