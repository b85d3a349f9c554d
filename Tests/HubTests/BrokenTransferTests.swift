import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Hub

@Suite struct BrokenTransferTests {
    private let repository = sampleRepository()
    private var weights: HubRepository.File { repository.files[2] }
    private var snapshot: String { "snapshots/\(repository.commit)/model.safetensors" }

    /// A hub whose content server changes the answers of `repository`.
    private func hub(_ change: @escaping @Sendable (HubServer.Request, inout HubServer.Answer) -> Void) throws -> LocalHub {
        let repository = repository
        return try LocalHub(
            repository,
            content: { request in
                var answer = repository.contentAnswer(request)
                change(request, &answer)
                return answer
            })
    }

    @Test func brokenConnectionGoesOnWhereItStopped() async throws {
        let local = try hub { request, answer in if (request.rangeStart ?? 0) < 40_000 { answer.breaksAfter = 15_000 } }
        let offsets = Mutex<[Int]>([])
        let result = try await local.pull { event in
            if case .retrying(_, let offset, _) = event { offsets.withLock { $0.append(offset) } }
        }
        #expect(offsets.withLock { $0 } == [15_000, 30_000, 45_000])
        #expect(local.content.requests.map(\.rangeStart) == [nil, 15_000, 30_000, 45_000])
        #expect(result.files[1].fetchedBytes == 50_000)
        #expect(local.bytes(snapshot) == weights.content)
        #expect(!local.blobs.contains { $0.hasSuffix(".incomplete") })
    }

    @Test func laterRunGoesOn() async throws {
        var local = try hub { request, answer in if request.rangeStart == nil { answer.breaksAfter = 15_000 } }
        local.settings.retries.attempts = 1
        #expect(await local.failure()?.kind == .unreachable)
        #expect(local.bytes("blobs/\(weights.blob).incomplete") == Array(weights.content.prefix(15_000)))
        #expect(local.bytes("refs/main") == nil)
        let result = try await local.pull()
        #expect(result.files[1].fetchedBytes == 35_000)
        #expect(local.bytes(snapshot) == weights.content)
    }

    @Test func serverThatIgnoresRange() async throws {
        var ignorant = repository
        ignorant.takesRanges = false
        let served = ignorant
        let calls = Counter()
        let local = try LocalHub(
            repository,
            content: { request in
                var answer = served.contentAnswer(request)
                if calls.next() == 1 { answer.breaksAfter = 15_000 }
                return answer
            })
        let result = try await local.pull()
        #expect(result.files[1].fetchedBytes == 65_000)
        #expect(local.bytes(snapshot) == weights.content)
    }

    @Test func wrongPlaceInTheFile() async throws {
        let local = try hub { request, answer in
            guard request.rangeStart != nil else {
                answer.breaksAfter = 15_000
                return
            }
            answer.fields["Content-Range"] = "bytes 0-49999/50000"
        }
        #expect(await local.failure()?.kind == .malformed)
        #expect(local.bytes(snapshot) == nil)
    }

    /// The page of a proxy in place of the rest: what had arrived stays, and is completed by the next try.
    @Test func wrongAnswerKeepsWhatHasArrived() async throws {
        let calls = Counter()
        let local = try hub { request, answer in
            switch calls.next() {
            case 1: answer.breaksAfter = 15_000
            case 2: answer = HubServer.Answer(200, [:], Array("log in".utf8))
            default: break
            }
        }
        #expect(try await local.pull().files[1].fetchedBytes == 50_000)
        #expect(local.content.requests.map(\.rangeStart) == [nil, 15_000, 15_000])
        #expect(local.bytes(snapshot) == weights.content)
    }

    @Test func wrongContentIsDeleted() async throws {
        let local = try hub { _, answer in answer.body[77] ^= 1 }
        let error = await local.failure()
        #expect(error?.kind == .corrupt)
        #expect(error?.description.contains("model.safetensors") == true && error?.description.contains(weights.blob) == true)
        #expect(local.blobs == [repository.files[1].blob])
        #expect(local.bytes("refs/main") == nil && local.bytes(snapshot) == nil)
    }

    @Test func wrongContentOfASmallFile() async throws {
        var other = repository
        other.files[1].content[3] ^= 1
        let local = try LocalHub(other)
        #expect(await local.failure()?.kind == .corrupt)
        #expect(local.blobs.isEmpty)
    }

    @Test func remainsOfSomethingElse() async throws {
        let local = try LocalHub(repository)
        try FileManager.default.createDirectory(atPath: local.path("blobs"), withIntermediateDirectories: true)
        let partial = local.path("blobs/\(weights.blob).incomplete")
        try Data(repeating: 0, count: 1000).write(to: URL(fileURLWithPath: partial))
        #expect(await local.failure()?.kind == .corrupt)
        #expect(try await local.pull().files[1].fetchedBytes == 50_000)
        try FileManager.default.removeItem(atPath: local.path("blobs/\(weights.blob)"))
        try Data(repeating: 0, count: 60_000).write(to: URL(fileURLWithPath: partial))
        #expect(try await local.pull().files[1].fetchedBytes == 50_000)
    }

    @Test func wrongSize() async throws {
        let short = try hub { _, answer in
            answer.body.removeLast(10)
            answer.length = answer.body.count
        }
        let shortError = await short.failure()
        #expect(shortError?.kind == .corrupt && shortError?.description.contains("49990") == true)
        let long = try hub { _, answer in
            answer.body += [1, 2, 3]
            answer.length = nil
        }
        let longError = await long.failure()
        #expect(longError?.kind == .corrupt && longError?.description.contains("more than the 50000") == true)
        #expect(long.blobs == [repository.files[1].blob])
    }

    @Test func serverThatEndsEarlyWithoutSayingSo() async throws {
        let local = try hub { request, answer in
            guard request.rangeStart == nil else {
                answer = HubServer.Answer(503)
                return
            }
            answer.body = Array(answer.body.prefix(20_000))
            answer.length = nil
        }
        let error = await local.failure()
        #expect(error?.kind == .unreachable)
        #expect(local.bytes("blobs/\(weights.blob).incomplete")?.count == 20_000)
    }

    @Test func overloadPasses() async throws {
        let calls = Counter()
        let local = try LocalHub(
            repository,
            hub: { _ in
                guard calls.next() <= 2 else { return nil }
                return HubServer.Answer(503)
            })
        #expect(try await local.pull().files.count == 2)
        let busy = try LocalHub(repository, hub: { _ in HubServer.Answer(429, ["Retry-After": "0"]) })
        let error = await busy.failure()
        #expect(error?.kind == .unreachable && error?.description.contains("429") == true)
        #expect(busy.hub.requests.count == busy.settings.retries.attempts)
    }

    @Test func etagThatIsNoChecksumIsSaid() async throws {
        let local = try LocalHub(HubRepository([.init("m.safetensors", [1, 2], etag: "\"mirror-7\"", isLarge: true)]))
        let unverified = Mutex(false)
        let result = try await local.pull { if case .unverified = $0 { unverified.withLock { $0 = true } } }
        #expect(unverified.withLock { $0 } && local.blobs == ["mirror-7"] && result.files[0].bytes == 2)
    }

    @Test func sizeThatTheHubDoesNotSay() async throws {
        let repository = repository
        let local = try LocalHub(
            repository,
            hub: { request in
                var answer = repository.answer(request)
                guard request.path.hasSuffix("config.json") else { return nil }
                answer.length = nil
                return answer
            })
        _ = try await local.pull()
        #expect(local.bytes("snapshots/\(repository.commit)/config.json") == repository.files[1].content)
    }
}
