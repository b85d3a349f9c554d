import ArgumentParser
import GRPCNIOTransportHTTP2
import Hummingbird
import HummingbirdTLS
import InferenceRPC
import Logging
import Metrics
import NIOSSL
import ServiceLifecycle
import Tracing

@main
struct Serve: AsyncParsableCommand {
    func run() async throws {}
}
