import Foundation
import TestSupport
import Testing

@testable import Hub

@Suite struct HostileHubTests {
    private let repository = sampleRepository()

    @Test func missingThingsAreNamed() async throws {
        let local = try LocalHub(repository)
        let nobody = await local.failure("org/other")
        #expect(nobody?.kind == .unauthorized && nobody?.description.contains("org/other") == true)
        let revision = await local.failure("org/model@v9")
        #expect(revision?.kind == .missing && revision?.description.contains("'v9'") == true)
        let file = await local.failure("org/model", .files(["weights.bin"]))
        #expect(file?.kind == .missing)
        #expect(file?.description.contains("weights.bin") == true && file?.description.contains("config.json") == true)
        #expect(local.blobs.isEmpty)
    }

    @Test(arguments: ["../../../../evil.safetensors", "/etc/evil.safetensors", "a/../../evil.safetensors", "a//evil.safetensors"])
    func namesThatLeadOut(name: String) async throws {
        var repository = repository
        repository.files.append(.honest(name, [1]))
        let local = try LocalHub(repository)
        let error = await local.failure()
        #expect(error?.kind == .malformed && error?.description.contains(name) == true)
        #expect(local.blobs.isEmpty)
        #expect(await local.failure("org/model", .files([name]))?.kind == .malformed)
    }

    @Test(arguments: ["\"../../evil\"", "\"\"", "\"a/b\"", "\".\"", "\"..\""])
    func etagsThatLeadOut(etag: String) async throws {
        var repository = repository
        repository.files[2].etag = etag
        let local = try LocalHub(repository)
        #expect(await local.failure()?.kind == .malformed)
    }

    @Test(arguments: ["not JSON", "[]", "{\"sha\": \"main\"}", "{\"sha\": \"../../x\", \"siblings\": []}", "{\"siblings\": []}", ""])
    func listsThatMakeNoSense(text: String) async throws {
        let local = try LocalHub(repository, hub: { _ in HubServer.Answer(200, [:], Array(text.utf8)) })
        #expect(await local.failure()?.kind == .malformed)
    }

    @Test func otherCommitThanAskedFor() async throws {
        let repository = repository
        let local = try LocalHub(
            repository,
            hub: { request in
                var answer = repository.answer(request)
                guard request.method == "HEAD" else { return nil }
                answer.fields["X-Repo-Commit"] = String(repeating: "0", count: 40)
                return answer
            })
        #expect(await local.failure()?.kind == .malformed)
    }

    @Test(arguments: ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://"])
    func redirectsToElsewhere(target: String) async throws {
        let repository = repository
        let local = try LocalHub(
            repository,
            hub: { request in
                guard request.method == "GET", request.path.contains("/resolve/") else { return nil }
                return HubServer.Answer(302, ["Location": target])
            })
        let error = await local.failure()
        #expect(error != nil)
        #expect(local.blobs.isEmpty || local.blobs.allSatisfy { $0.hasSuffix(".incomplete") })
    }

    @Test func redirectsInACircle() async throws {
        let local = try LocalHub(repository, hub: { request in HubServer.Answer(307, ["Location": request.path]) })
        let error = await local.failure()
        #expect(error?.kind == .malformed && error?.description.contains("10 redirects") == true)
        #expect(local.hub.requests.count == 10)
    }

    @Test func relativeRedirectsOfTheHubAreFollowed() async throws {
        var repository = repository
        repository.id = "org/renamed"
        let served = repository
        let local = try LocalHub(
            served,
            hub: { request in
                let old = request.path
                guard old.contains("/org/model/") else { return nil }
                return HubServer.Answer(307, ["Location": old.replacingOccurrences(of: "/org/model/", with: "/org/renamed/")])
            })
        #expect(try await local.pull().files.count == 2)
    }

    @Test func messagesOfTheServerStayOnOneLine() async throws {
        let local = try LocalHub(repository, hub: { _ in HubServer.Answer(403, ["X-Error-Message": "no\u{1B}[31m entry"]) })
        let error = await local.failure()
        #expect(error?.description.contains("entry") == true || error?.kind == .unreachable)
        #expect(error?.description.contains("\u{1B}") == false)
    }

    @Test func namesThatSteerATerminalAreRefusedAndNotShown() async throws {
        var repository = repository
        repository.files.append(.honest("a\u{9B}31m\u{202E}\u{2028}b.safetensors", [1]))
        let error = await (try LocalHub(repository)).failure()
        #expect(error?.kind == .malformed && error?.description.contains("'a31mb.safetensors'") == true)
    }

    @Test func cacheThatCannotBeWritten() async throws {
        var local = try LocalHub(repository)
        let file = local.folder.path + "/file"
        try Data().write(to: URL(fileURLWithPath: file))
        local.settings.cache = HubCache(folder: file + "/hub")
        let error = await local.failure()
        #expect(error?.kind == .unwritable && error?.description.contains("HF_HUB_CACHE") == true)
        #expect(throws: HubError.self) { try local.settings.cache.checkSpace(for: .max) }
    }

    @Test func referencesInTheCacheAreChecked() throws {
        let folder = try HubFolder()
        let cache = HubCache(folder: folder.path)
        let name = try RepositoryName("org/model")
        try FileManager.default.createDirectory(atPath: folder.path + "/models--org--model/refs", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: folder.path + "/models--org--model/snapshots", withIntermediateDirectories: true)
        for text in ["../..", "", String(repeating: "x", count: 40)] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder.path + "/models--org--model/refs/main"))
            #expect(cache.snapshot(of: name) == nil)
        }
    }
}
