import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Hub

/// Proxies, certificates, refusals and pauses: whose they are, in plain words, without passwords.
@Suite struct NetworkTests {
    private let repository = sampleRepository()

    private func settings(_ environment: [String: String]) throws -> NetworkSettings {
        try HubSettings(environment: environment.merging(["HOME": "/nowhere"]) { given, _ in given }).network
    }

    @Test func proxiesOfTheEnvironment() throws {
        let hub = try #require(URL(string: "https://huggingface.co/x"))
        let plain = try #require(URL(string: "http://mirror.example:8080/x"))
        let upper = try settings(["HTTPS_PROXY": "http://us%40er:p%3Aw@proxy.example:3128/", "HTTP_PROXY": "proxy.example:80"])
        #expect(
            upper.proxy(for: hub)
                == .init(address: "http://proxy.example:3128", user: "us@er", password: "p:w", source: "HTTPS_PROXY"))
        #expect(upper.proxy(for: plain)?.address == "http://proxy.example:80")
        let both = try settings(["https_proxy": "http://low:1", "HTTPS_PROXY": "http://up:1", "ALL_PROXY": "socks5h://all:1080"])
        #expect(both.proxy(for: hub)?.address == "http://low:1" && both.proxy(for: plain)?.address == "socks5h://all:1080")
        #expect(try settings(["https_proxy": "http://a@b:s@cret@proxy:1"]).proxy(for: hub)?.password == "s@cret")
        for (exceptions, isDirect) in [
            ("huggingface.co", true), (".huggingface.co", true), ("localhost, *.co", true), ("*", true), ("face.co", false), ("", false),
            ("huggingface.co:443", false), ("mirror.example:8080", false),
        ] {
            let network = try settings(["HTTPS_PROXY": "http://p:1", "HTTP_PROXY": "http://p:1", "NO_PROXY": exceptions])
            #expect((network.proxy(for: hub) == nil) == isDirect, "\(exceptions)")
        }
        for wrong in ["ftp://secret@p", "http://", "http://:80", "://x"] {
            let error = #expect(throws: HubError.self) { try settings(["HTTPS_PROXY": wrong]) }
            #expect(error?.kind == .invalid && error?.description.contains("HTTPS_PROXY") == true)
            #expect(error?.description.contains("secret") == false)
        }
        let endpoint = #expect(throws: HubError.self) { try HubSettings(environment: ["HF_ENDPOINT": "https://me:secret@hub"]) }
        #expect(endpoint?.description.contains("secret") == false)
    }

    @Test func requestsGoByTheProxy() async throws {
        let repository = repository
        let proxy = try HubServer { request in
            guard request.fields["proxy-authorization"] == "Basic \(Data("me:se cret".utf8).base64EncodedString())" else {
                return HubServer.Answer(407, ["Proxy-Authenticate": "Basic"], Array("<html>log in</html>".utf8))
            }
            return repository.answer(request)
        }
        var local = try LocalHub(repository)
        local.settings.endpoint = try #require(URL(string: "http://hub.example"))
        func network(_ login: String) throws -> NetworkSettings {
            try settings(["HTTP_PROXY": "http://\(login)@127.0.0.1:\(proxy.port)"])
        }
        local.settings.network = try network("me:wrong")
        let refused = await local.failure()
        #expect(refused?.kind == .unauthorized && refused?.description.contains("the proxy http://127.0.0.1:\(proxy.port)") == true)
        #expect(refused?.description.contains("407") == true && refused?.description.contains("wrong") == false)
        #expect(refused?.description.contains("html") == false)
        local.settings.network = try network("me:se%20cret")
        _ = await local.failure()
        #expect(proxy.requests.last?.path.hasPrefix("http://hub.example/") == true && proxy.requests.count > 1)
    }

    @Test func authoritiesOfTheEnvironment() throws {
        let folder = try HubFolder()
        let (good, empty) = (folder.path + "/ca.pem", folder.path + "/empty.pem")
        let text = "-----BEGIN CERTIFICATE-----\n"
        try Data(text.utf8).write(to: URL(fileURLWithPath: good))
        try Data("no certificate".utf8).write(to: URL(fileURLWithPath: empty))
        for name in ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"] {
            #expect(try settings([name: good]).trust == .init(authorities: text, sources: ["\(name) (\(good))"]))
            #expect(try settings([name: folder.path]).trust?.folders == folder.path)
            for (path, reason) in [(empty, "holds no certificate"), (folder.path + "/missing.pem", "No such file or directory")] {
                let error = #expect(throws: HubError.self) { try settings([name: path]) }
                #expect(error?.kind == .invalid && error?.description.hasPrefix("\(name): \(path) ") == true)
                #expect(error?.description.contains(reason) == true)
            }
        }
        let pipe = folder.path + "/pipe.pem"
        try #require(mkfifo(pipe, 0o600) == 0)
        let fifo = #expect(throws: HubError.self) { try settings(["SSL_CERT_FILE": pipe]) }
        #expect(fifo?.description.contains("FIFO") == true)
        #expect(try settings(["SSL_CERT_DIR": "/missing:\(folder.path)"]).trust?.folders == "/missing:\(folder.path)")
        #expect(throws: HubError.self) { try settings(["SSL_CERT_DIR": "/missing"]) }
        // Each tool has its own variable; who sets several trusts all of them.
        let both = try settings(["SSL_CERT_FILE": good, "CURL_CA_BUNDLE": good, "REQUESTS_CA_BUNDLE": folder.path]).trust
        #expect(both?.authorities == text + "\n" + text && both?.folders == folder.path && both?.sources.count == 3)
    }

    @Test func certificatesThatFailAreNoNetworkFault() throws {
        for (verification, message, words) in [
            (10, "", "has expired"), (9, "", "not valid yet"), (20, "unable to get local issuer", "SSL_CERT_FILE"), (18, "", "not trusted"),
            (0, "no alternative certificate subject name matches target host name", "is for another name"), (23, "", "revoked"),
        ] {
            var failure = TransferFailure(code: 60)
            (failure.verification, failure.message, failure.server) = (verification, message, "https://hub.example")
            let error = failure.error as? HubError
            #expect(error?.kind == .untrusted && error?.description.contains("https://hub.example") == true)
            #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        }
        var named = TransferFailure(code: 60)
        (named.verification, named.trust) = (20, .init(sources: ["CURL_CA_BUNDLE (/ca.pem)"]))
        #expect((named.error as? HubError)?.description.contains("only those of CURL_CA_BUNDLE (/ca.pem) are trusted") == true)
    }

    @Test func networkFaultsInPlainWords() {
        for (code, system, proxyStatus, words, isTransient) in [
            (6, 0, 0, "its name is not known", true), (5, 0, 0, "the proxy's name is not known", true),
            (7, ECONNREFUSED, 0, "the connection was refused", true), (7, ENETUNREACH, 0, "there is no way to it", true),
            (28, 0, 0, "nothing came for too long", true), (56, ECONNRESET, 0, "the connection was reset", true),
            (52, 0, 0, "without an answer", true), (56, 0, 407, "wants a user name and a password", false),
            (56, 0, 403, "refuses to connect", false), (35, 0, 0, "cannot be reached safely", false),
        ] {
            var failure = TransferFailure(code: code)
            (failure.systemError, failure.proxyStatus, failure.server) = (Int32(system), proxyStatus, "https://hub.example")
            let transient = failure.error as? TransientError
            let text = (transient?.error ?? failure.error as? HubError)?.description ?? ""
            #expect(text.contains(words) && text.contains("https://hub.example") || code == 56, "\(text)")
            #expect((transient != nil) == isTransient)
        }
    }

    @Test func pausesThatServersAskFor() throws {
        let url = try #require(URL(string: "https://hub.example"))
        let now = Date(timeIntervalSince1970: 1_445_412_400)
        for (status, fields, seconds) in [
            (429, ["Retry-After: 17"], 17), (503, ["Retry-After: Wed, 21 Oct 2015 07:28:00 GMT"], 80),
            (429, ["RateLimit: \"api\";r=0;t=123"], 124), (429, ["ratelimit: \"api\"; r=0; t=3", "Retry-After: 60"], 60),
            (503, ["RateLimit: \"api\";r=0;t=123"], nil), (503, ["Retry-After: soon"], nil), (429, [], nil),
            (503, ["Retry-After: Wed, 21 Oct 2005 07:28:00 GMT"], 0),
        ] as [(Int, [String], Int?)] {
            let head = try #require(HTTPHead(["HTTP/1.1 \(status) X"] + fields, url))
            #expect(head.pause(now: now).map { Int($0.components.seconds) } == seconds, "\(fields)")
        }
        let long = try #require(HTTPHead(["HTTP/1.1 429 X", "Retry-After: 90000"], url))
        let error = TransientError.status(long, "org/model") as? HubError
        #expect(error?.description.contains("asks to wait 25:00 h") == true && error?.description.contains("HF_TOKEN") == true)
    }

    @Test func pausesAreCountedDownAndCanBeStopped() async throws {
        let calls = Counter()
        var local = try LocalHub(
            repository,
            hub: { _ in calls.next() == 1 ? HubServer.Answer(429, ["RateLimit": "\"api\";r=0;t=3"]) : nil })
        local.settings.retries.second = .milliseconds(1)
        let told = Mutex<[Int]>([])
        _ = try await local.pull { if case .paused(_, let left) = $0 { told.withLock { $0.append(left) } } }
        #expect(told.withLock { $0 } == [4, 3, 2, 1])
        let slow = try LocalHub(repository, hub: { _ in HubServer.Answer(503, ["Retry-After": "3000"]) })
        let (paused, tells) = AsyncStream.makeStream(of: Void.self)
        let task = Task { try await slow.pull { if case .paused = $0 { tells.yield() } } }
        for await _ in paused { break }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test(
        arguments: [
            (["X-Error-Code": "GatedRepo"], nil, "accept its terms at"),
            (["X-Error-Code": "GatedRepo"], "t", "not for the account of this token"),
            (["Via": "1.1 squid"], nil, "gives none of the Hub's reasons (via: 1.1 squid)"),
            (["X-Request-Id": "1", "X-Error-Message": "no"], "t", "refuses org/model to this token (403): no"),
        ] as [([String: String], String?, String)])
    func whose403ItIs(fields: [String: String], token: String?, words: String) async throws {
        var local = try LocalHub(repository, hub: { _ in HubServer.Answer(403, fields, Array("<html>".utf8)) })
        local.settings.token = token
        let error = await local.failure()
        #expect(error?.kind == .unauthorized && error?.description.contains(words) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("<html>") == false && local.hub.requests.count == 1)
    }

    @Test func tokensThatAreNotKnown() async throws {
        var local = try LocalHub(repository, hub: { _ in HubServer.Answer(401) })
        #expect(await local.failure()?.description.contains("the Hub shows no repository") == true)
        local.settings.token = "hf_secret"
        let error = await local.failure()
        #expect(error?.description.contains("does not know this token") == true && error?.description.contains("hf_secret") == false)
    }

    @Test func cachesWithoutLinks() async throws {
        let local = try LocalHub(
            HubRepository([.honest("a.safetensors", [1, 2]), .honest("b.safetensors", [1, 2]), .honest("config.json", [3])]))
        var bare = local
        bare.settings.cache = HubCache(folder: local.settings.cache.folder, usesLinks: false)
        let first = try await bare.pull()
        #expect(first.files.map(\.bytes) == [2, 2, 1])
        for file in first.files {
            #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: file.path)) == nil)
        }
        // The blob of one file is the file; that of two stays.
        #expect(local.blobs.count == 1)
        let requests = local.hub.requests.filter { $0.method == "GET" }.count
        #expect(try await bare.pull().files.allSatisfy { $0.fetchedBytes == 0 })
        // As a copy that followed the links leaves it.
        try FileManager.default.removeItem(atPath: local.path("blobs"))
        #expect(try await local.pull().files.map(\.fetchedBytes) == [0, 0, 0])
        #expect(local.hub.requests.filter { $0.method == "GET" }.count == requests + 2)
        #expect(try HubSettings(environment: ["HF_HUB_DISABLE_SYMLINKS": "1"]).cache.usesLinks == false)
    }
}
