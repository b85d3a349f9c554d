import GRPCCore
import GRPCNIOTransportHTTP2
import GRPCProtobuf
import ServiceLifecycle
import Testing

@testable import InferenceRPC

@Suite struct NetworkTests {
    /// A server at a free port, with a token: who has none is told so, and a shutdown ends it.
    @Test(.timeLimit(.minutes(1))) func tokensAreAskedForOverTheNetwork() async throws {
        let served = try await TestServer()
        let (ports, listening) = AsyncStream<Int>.makeStream()
        var options = RPCOptions()
        (options.port, options.tokens, options.drain) = (0, ["secret"], .seconds(5))
        options.onListening = { port in listening.yield(port) }
        let group = ServiceGroup(services: [RPCServer(repository: served.repository, options: options)], logger: options.logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let first = await ports.first { _ in true }
            let port = try #require(first)
            let transport = try HTTP2ClientTransport.Posix(target: .ipv4(address: "127.0.0.1", port: port), transportSecurity: .plaintext)
            try await withGRPCClient(transport: transport) { client in
                let without = try await call(client, [:])
                let wrong = try await call(client, ["authorization": "Bearer other"])
                let right = try await call(client, ["authorization": "Bearer secret"])
                #expect(without == .unauthenticated && wrong == .unauthenticated && right == nil)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    private func call(_ client: GRPCClient<HTTP2ClientTransport.Posix>, _ metadata: Metadata) async throws -> RPCError.Code? {
        do {
            try await client.unary(
                request: ClientRequest(message: Inference_ServerMetadataRequest(), metadata: metadata),
                descriptor: Inference_GRPCInferenceService.Method.ServerMetadata.descriptor,
                serializer: ProtobufSerializer<Inference_ServerMetadataRequest>(),
                deserializer: ProtobufDeserializer<Inference_ServerMetadataResponse>(), options: .defaults
            ) { response in
                let name = try response.message.name
                #expect(name == "tessera")
            }
            return nil
        } catch let error as RPCError { return error.code }
    }
}
