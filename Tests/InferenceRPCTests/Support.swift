import Foundation
import GRPCCore
import OpenInference
import Serving
import Tessera
import Testing

@testable import InferenceRPC

/// A repository of small models, and its gRPC service without a network.
final class TestServer: Sendable {
    let folder: String
    let repository: ModelRepository
    let service: InferenceService

    /// Doubles rows, texts, and numbers of 16 bits.
    init(memory: SharedMemoryTable? = nil) async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("tessera-rpc-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (name, type, size) in [("rows", "f32", "batch"), ("texts", "string", "n"), ("halves", "f16", "n"), ("bytes", "u8", "n")] {
            let text = name == "rows" ? TestServer.rows : TestServer.joined(name, type, size)
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).ir"))
        }
        var configuration = RepositoryConfiguration()
        (configuration.folder, configuration.pollInterval, configuration.settings.threads) = (folder, nil, 1)
        repository = ModelRepository(configuration)
        await repository.start()
        service = InferenceService(repository: repository, regions: memory, log: LogSettings(), streamWindow: 4, version: "test")
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private static let rows = """
        module @rows stage(imported) {
          func @main(%x: f32[batch, 4]) -> (y: f32[batch, 4]) {
            %0 = add(%x, %x) : f32[batch, 4] "add"
            return %0
          }
        }
        """

    private static func joined(_ name: String, _ type: String, _ size: String) -> String {
        """
        module @\(name) stage(imported) {
          func @main(%x: \(type)[\(size)]) -> (y: \(type)[2*\(size)]) {
            %0 = concat(%x, %x) {axis: 0} : \(type)[2*\(size)] "join"
            return %0
          }
        }
        """
    }

    /// What a method is told of a call that nobody made.
    var context: ServerContext {
        ServerContext(
            descriptor: Inference_GRPCInferenceService.Method.ModelInfer.descriptor, remotePeer: "ipv4:127.0.0.1:1",
            localPeer: "ipv4:127.0.0.1:2", cancellation: ServerContext.RPCCancellationHandle())
    }

    func infer(_ message: Inference_ModelInferRequest) async throws -> Inference_ModelInferResponse {
        try await service.modelInfer(request: message, context: context)
    }
}

extension Inference_ModelInferRequest {
    /// A request with one input `x` of raw bytes.
    static func raw(_ model: String, _ type: String, _ shape: [Int64], _ bytes: [UInt8]) -> Self {
        .with {
            $0.modelName = model
            $0.inputs = [.with { ($0.name, $0.datatype, $0.shape) = ("x", type, shape) }]
            $0.rawInputContents = [Data(bytes)]
        }
    }

    /// A request with one input `x` of two rows, 0 to 7.
    static var rows: Self { raw("rows", "FP32", [2, 4], (0..<8).flatMap { float in bytes(Float(float)) }) }
}

/// The bytes of `value` in memory.
func bytes<Value: BitwiseCopyable>(_ value: Value) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

/// The status that `body` fails with.
func status(_ body: () async throws -> Void) async -> RPCError.Code? {
    do { try await body() } catch { return (CallFailure.told(error) as? any RPCErrorConvertible)?.rpcErrorCode }
    return nil
}
