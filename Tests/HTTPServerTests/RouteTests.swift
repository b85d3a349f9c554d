import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import OpenInference
import Serving
import Testing

@testable import HTTPServer

@Suite struct RouteTests {
    private let call = "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 2], \"data\": [1.5, 2]}]}"

    private func serving(
        _ change: (inout HTTPOptions) -> Void = { _ in }, _ body: @Sendable (any TestClientProtocol) async throws -> Void
    ) async throws {
        let folder = try ServedFolder()
        var options = HTTPOptions()
        change(&options)
        let service = HTTPService(repository: await folder.repository(), options: options)
        try await service.application().test(.router, body)
        withExtendedLifetime(folder) {}
    }

    @Test func healthAndMetadata() async throws {
        try await serving { client in
            for path in ["/v2/health/live", "/v2/health/ready", "/v2/models/double/ready", "/v2/models/double/versions/1/ready"] {
                try await client.execute(uri: path, method: .get) { #expect($0.status == .ok, "\(path)") }
            }
            try await client.execute(uri: "/v2/models/double", method: .get) { answer in
                let expected = "{\"inputs\":[{\"datatype\":\"FP32\",\"name\":\"x\",\"shape\":[-1,2]}],\"name\":\"double\","
                #expect(String(buffer: answer.body).hasPrefix(expected))
            }
            try await client.execute(uri: "/v2/models/none", method: .get) { answer in
                #expect(answer.status == .notFound && String(buffer: answer.body) == "{\"error\":\"no model 'none' is served\"}")
            }
            try await client.execute(uri: "/nowhere", method: .get) { #expect($0.status == .notFound) }
        }
    }

    @Test func inference() async throws {
        try await serving { [call] client in
            try await client.execute(uri: "/v2/models/double/infer", method: .post, body: call.body) { answer in
                let expected =
                    "{\"model_name\":\"double\",\"model_version\":\"1\",\"outputs\":"
                    + "[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[1,2],\"data\":[3.0,4.0]}]}"
                #expect(answer.status == .ok && String(buffer: answer.body) == expected)
            }
            try await client.execute(uri: "/v2/models/double/infer", method: .post, body: "{".body) { #expect($0.status == .badRequest) }
            try await client.execute(uri: "/v2/models/double/infer", method: .post, body: "{}".body) { #expect($0.status == .badRequest) }
            try await client.execute(uri: "/metrics", method: .get) { answer in
                let line = "tessera_model_requests_succeeded_total{model=\"double\",version=\"1\"} 1.0\n"
                #expect(String(buffer: answer.body).contains(line))
            }
        }
    }

    @Test func requestsKeepTheirIdentity() async throws {
        let name = try #require(HTTPField.Name("X-Request-Id"))
        try await serving { client in
            try await client.execute(uri: "/v2", method: .get, headers: [name: "job-7"]) { #expect($0.headers[name] == "job-7") }
            try await client.execute(uri: "/v2", method: .get, headers: [name: "a b"]) { #expect($0.headers[name] != "a b") }
        }
    }

    @Test func tokensAreAskedFor() async throws {
        try await serving({ $0.tokens = ["one", "two"] }) { client in
            try await client.execute(uri: "/v2/health/live", method: .get) { #expect($0.status == .ok) }
            try await client.execute(uri: "/v2", method: .get) { #expect($0.status == .unauthorized) }
            for (header, status) in [
                ("Bearer two", HTTPResponse.Status.ok), ("bearer one", .ok), ("Bearer on", .unauthorized), ("two", .unauthorized),
            ] {
                try await client.execute(uri: "/v2", method: .get, headers: [.authorization: header]) {
                    #expect($0.status == status, "\(header)")
                }
            }
        }
        #expect(Secrets.contains("abc", in: ["x", "abc"]) && !Secrets.contains("ab", in: ["abc"]) && !Secrets.contains("", in: []))
    }

    @Test func bodiesAreBounded() async throws {
        try await serving({ $0.maxBodyBytes = 64 }) { [call] client in
            try await client.execute(uri: "/v2/models/double/infer", method: .post, body: call.body) {
                #expect($0.status == .contentTooLarge)
            }
        }
        try await serving { [call] client in
            try await client.execute(
                uri: "/v2/models/double/infer", method: .post, headers: [.contentEncoding: "br"], body: call.body
            ) { #expect($0.status == .unsupportedMediaType) }
            try await client.execute(
                uri: "/v2/models/double/infer", method: .post, headers: [.contentEncoding: "gzip"], body: call.body
            ) { #expect($0.status == .badRequest) }
        }
    }

    @Test func modelsAreLoadedAndUnloaded() async throws {
        try await serving { client in
            let path = "/v2/repository/models/double"
            try await client.execute(uri: path + "/unload", method: .post) { #expect($0.status == .ok) }
            try await client.execute(uri: "/v2/models/double/ready", method: .get) { #expect($0.status == .serviceUnavailable) }
            try await client.execute(uri: path + "/load", method: .post, body: "{\"parameters\": {\"config\": \"\"}}".body) {
                #expect($0.status == .notImplemented)
            }
            try await client.execute(uri: path + "/load", method: .post) { #expect($0.status == .ok) }
            try await client.execute(uri: "/v2/repository/index", method: .post, body: "{\"ready\": true}".body) { answer in
                #expect(String(buffer: answer.body) == "[{\"name\":\"double\",\"reason\":\"\",\"state\":\"READY\",\"version\":\"1\"}]")
            }
        }
    }

    @Test func settings() async throws {
        let log = LogSettings()
        try await serving({ $0.log = log }) { client in
            try await client.execute(uri: "/v2/logging", method: .post, body: "{\"log_verbose_level\": 1}".body) {
                #expect($0.status == .ok)
            }
            try await client.execute(uri: "/v2/logging", method: .post, body: "{\"log_file\": \"x\"}".body) {
                #expect($0.status == .badRequest)
            }
            try await client.execute(uri: "/v2/trace/setting", method: .get) {
                #expect(String(buffer: $0.body) == "{\"trace_level\":[\"OFF\"]}")
            }
        }
        #expect(log.levels.verbose == 1)
    }

    /// A page of an origin that may call reads errors as what they are.
    @Test func pagesOfTheNamedOriginMayCall() async throws {
        let origin = "https://a.example"
        try await serving({ $0.origin = origin }) { [call] client in
            try await client.execute(uri: "/v2/models/none", method: .get, headers: [.origin: origin]) { answer in
                #expect(answer.status == .notFound && answer.headers[.accessControlAllowOrigin] == origin)
            }
            try await client.execute(uri: "/v2/models/double/infer", method: .post, headers: [.origin: origin], body: call.body) { answer in
                #expect(answer.status == .ok && answer.headers[.accessControlAllowOrigin] == origin)
                #expect(answer.headers[.accessControlExposeHeaders]?.contains("Inference-Header-Content-Length") == true)
            }
            let question: HTTPFields = [.origin: origin, .accessControlRequestMethod: "POST"]
            try await client.execute(uri: "/v2/models/double/infer", method: .options, headers: question) { answer in
                #expect(answer.status == .noContent)
                #expect(answer.headers[.accessControlAllowHeaders]?.contains("Inference-Header-Content-Length") == true)
            }
        }
    }

    /// Browsers send a page's requests to any server: without tokens, nothing but the origin tells them from others.
    @Test func pagesOfOtherOriginsChangeNothing() async throws {
        let path = "/v2/repository/models/double/unload"
        try await serving { client in
            for origin in ["https://a.example", "null", "http://localhost.a.example"] {
                try await client.execute(uri: path, method: .post, headers: [.origin: origin]) { #expect($0.status == .forbidden) }
                try await client.execute(uri: "/v2", method: .get, headers: [.origin: origin]) { answer in
                    #expect(answer.status == .ok && answer.headers[.accessControlAllowOrigin] == nil)
                }
            }
            try await client.execute(uri: "/v2/models/double/ready", method: .get) { #expect($0.status == .ok) }
            try await client.execute(uri: path, method: .post, headers: [.origin: "http://localhost"]) { #expect($0.status == .ok) }
        }
        try await serving({ $0.origin = "*" }) { client in
            try await client.execute(uri: path, method: .post, headers: [.origin: "https://a.example"]) { answer in
                #expect(answer.status == .ok && answer.headers[.accessControlAllowOrigin] == "*")
            }
        }
        // Who shows a token is no page of somebody else.
        try await serving({ $0.tokens = ["one"] }) { client in
            let headers: HTTPFields = [.origin: "https://a.example", .authorization: "Bearer one"]
            try await client.execute(uri: path, method: .post, headers: headers) { #expect($0.status == .ok) }
        }
    }
}
