import Formats
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Serving
import Tessera
import TestSupport
import Testing

@testable import HTTPServer

/// `/v1` and the page over a server of the demo bundle.
@Suite(.serialized) struct GenerateRouteTests {
    private func serving(
        queue: Int = 8, _ change: (inout HTTPOptions) -> Void = { _ in },
        _ body: @Sendable (any TestClientProtocol, ModelRepository) async throws -> Void
    ) async throws {
        var configuration = RepositoryConfiguration()
        configuration.models = [ModelConfiguration("shapes", path: DemoBundle.folder)]
        (configuration.pollInterval, configuration.settings.maxQueue) = (nil, queue)
        let repository = ModelRepository(configuration)
        await repository.start()
        var options = HTTPOptions()
        options.port = 0
        change(&options)
        try await HTTPService(repository: repository, options: options).application().test(.live) { try await body($0, repository) }
    }

    private let wish = #"{"targets": ["tok_semseg@224"], "settings": {"steps": 2, "temperature": 0, "guidance": 1}, "seed": 3}"#
    private static let json: HTTPFields = [.contentType: "application/json"]

    private static func value(_ answer: TestResponse) throws -> ConfigValue { try ConfigValue(json: String(buffer: answer.body)) }

    @Test func oneWishInThreeForms() async throws {
        try await serving { [wish] client, _ in
            let tokens = try await client.execute(uri: "/v1/generate", method: .post, headers: Self.json, body: wish.body) { answer in
                #expect(answer.status == .ok && answer.headers[.contentType] == "application/json")
                let value = try Self.value(answer)
                #expect(value["model"]?.string == "shapes" && value["seed"]?.int == 3)
                let target = try #require(value["results"]?.array?.first?["targets"]?.array?.first)
                #expect(target["picture"]?.string?.hasPrefix("data:image/png;base64,iVBOR") == true)
                return try #require(target["tokens"]?.array)
            }
            #expect(tokens.count == 196)
            var headers = Self.json
            headers[.accept] = "text/event-stream"
            try await client.execute(uri: "/v1/generate", method: .post, headers: headers, body: wish.body) { answer in
                let events = String(buffer: answer.body).components(separatedBy: "\n\n").dropLast().map {
                    $0.components(separatedBy: "\ndata: ")
                }
                let names = events.compactMap(\.first)
                #expect(names.filter { $0 == "event: step" }.count == 2 && names.suffix(2) == ["event: result", "event: done"])
                var found: [Int: ConfigValue] = [:]
                for event in events where event[0] == "event: step" {
                    let step = try ConfigValue(json: event[1])
                    for (place, token) in zip(step["positions"]?.array ?? [], step["tokens"]?.array ?? []) {
                        found[place.int ?? -1] = token
                    }
                }
                #expect(found.sorted { $0.key < $1.key }.map(\.value) == tokens)
            }
            headers[.accept] = "image/png"
            try await client.execute(uri: "/v1/generate", method: .post, headers: headers, body: wish.body) { answer in
                #expect(answer.headers[.contentType] == "image/png" && answer.body.getString(at: 1, length: 3) == "PNG")
            }
        }
    }

    /// What a mask hides is generated, to the token as the library does it.
    @Test func masksAreFilledIn() async throws {
        let name = "tok_semseg@224"
        let (given, flags) = ((0..<196).map { $0 % 7 }, (0..<196).map { (30..<42).contains($0) ? 1 : 0 })
        var request = GenerationRequest([name: .tensor(try Tensor(given, [14, 14]))], targets: [name])
        (request.masks, request.seed, request.settings.steps) = ([name: [.tensor(try Tensor(flags, [14, 14]))]], 4, 2)
        let made = try #require(try await GenerationPipeline(DemoBundle.folder).results(request).first?[name]?.tokens)
        #expect((0..<196).allSatisfy { flags[$0] == 1 || made[$0] == given[$0] })
        let wish = #"""
            {"inputs": {"\#(name)": {"tokens": \#(given), "shape": [14, 14]}}, "masks": {"\#(name)": {"values": \#(flags)}},
             "targets": ["\#(name)"], "settings": {"steps": 2}, "seed": 4}
            """#
        try await serving { client, _ in
            try await client.execute(uri: "/v1/generate", method: .post, headers: Self.json, body: wish.body) { answer in
                let target = try Self.value(answer)["results"]?.array?.first?["targets"]?.array?.first
                #expect(target?["tokens"]?.array?.map(\.int) == made)
            }
            let other = wish.replacingOccurrences(of: "masks\": {\"\(name)", with: "masks\": {\"caption")
            try await client.execute(uri: "/v1/generate", method: .post, headers: Self.json, body: other.body) { answer in
                #expect(answer.status == .badRequest && String(buffer: answer.body).contains("a mask was given for 'caption'"))
            }
        }
    }

    @Test func refusals() async throws {
        try await serving({ $0.maxBodyBytes = 4096 }) { [wish] client, _ in
            for (body, headers, status) in [
                ("{", Self.json, 400), (#"{"targets": ["tok_semseg@225"]}"#, Self.json, 400), (#"{"model": "none"}"#, Self.json, 404),
                (wish, [.contentType: "text/plain"], 415), (wish, [.contentType: "application/json", .accept: "text/html"], 406),
                (String(repeating: " ", count: 5000), Self.json, 413),
            ] as [(String, HTTPFields, Int)] {
                try await client.execute(uri: "/v1/generate", method: .post, headers: headers, body: body.body) { answer in
                    let text = try Self.value(answer)["error"]?.string
                    #expect(answer.status.code == status && text?.isEmpty == false, "\(body.prefix(40)): \(answer.status)")
                }
            }
        }
    }

    /// Past the bound of the queue 429; and those whose clients have gone leave it.
    @Test func theQueueIsBounded() async throws {
        try await serving(queue: 1) { [wish] client, repository in
            let pipeline = try await repository.pipeline()
            let message = try GenerateMessage(Array(#"{"variations": 60}"#.utf8), type: nil, GenerateLimits())
            let held = [try pipeline.generate(message.request), try pipeline.generate(message.request)]
            try await client.execute(uri: "/v1/generate", method: .post, headers: Self.json, body: wish.body) { answer in
                #expect(answer.status == .tooManyRequests && Int(answer.headers[.retryAfter] ?? "") ?? 0 > 0)
            }
            for generation in held {
                let reader = Task { for try await _ in generation {} }
                reader.cancel()
                _ = await reader.result
            }
            try await client.execute(uri: "/v1/generate", method: .post, headers: Self.json, body: wish.body) { #expect($0.status == .ok) }
        }
    }

    @Test func modelsPagesAndDescription() async throws {
        try await serving({ $0.tokens = ["secret"] }) { client, _ in
            try await client.execute(uri: "/v1/models", method: .get) { #expect($0.status == .unauthorized) }
            let key: HTTPFields = [.authorization: "Bearer secret"]
            try await client.execute(uri: "/v1/models", method: .get, headers: key) { answer in
                let model = try #require(try Self.value(answer)["models"]?.array?.first)
                #expect(model["name"]?.string == "shapes" && model["kind"]?.string == "pipeline" && model["precision"]?.string == "f32")
                let caption = try #require(model["modalities"]?.array?.first { $0["name"]?.string == "caption" })
                #expect(caption["text"]?.bool == true && caption["input"]?.bool == true)
            }
            try await client.execute(uri: "/v1/models/shapes/inspect", method: .get, headers: key) { answer in
                #expect(answer.status == .ok && answer.headers[.contentSecurityPolicy]?.contains("sandbox") == true)
                #expect(String(buffer: answer.body).contains("<title>Tessera"))
            }
            try await client.execute(uri: "/v1/models/none/inspect", method: .get, headers: key) { #expect($0.status == .notFound) }
            try await client.execute(uri: "/v1/models/none/inspect", method: .post, headers: key) { #expect($0.status == .notFound) }
            try await client.execute(uri: "/v1/models/shapes/inspect", method: .post) { #expect($0.status == .unauthorized) }
            let link = try await client.execute(uri: "/v1/models/shapes/inspect", method: .post, headers: key) { answer in
                try #require(try Self.value(answer)["link"]?.string)
            }
            // It opens this page once, and no other.
            let other = link.replacing("/inspect?", with: "?").replacing("/v1/models/shapes", with: "/v1/models")
            try await client.execute(uri: other, method: .get) { #expect($0.status == .unauthorized) }
            try await client.execute(uri: link, method: .get) { #expect($0.status == .ok) }
            try await client.execute(uri: link, method: .get) { #expect($0.status == .unauthorized) }
            try await client.execute(uri: "/", method: .get) { answer in
                #expect(answer.status == .ok && answer.headers[.contentSecurityPolicy]?.contains("unsafe") == false)
            }
            try await client.execute(uri: "/openapi.json", method: .get, headers: key) { #expect($0.status == .ok) }
        }
    }
}
