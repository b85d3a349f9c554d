import Foundation
import GRPCCore
import OpenInference
import Testing

@testable import InferenceRPC

#if canImport(Glibc)
    import Glibc
#endif

/// A memory object that goes with the value.
private final class MemoryObject {
    let key = "/tessera-rpc-\(UUID().uuidString)"
    let descriptor: Int32

    init(_ count: Int) throws {
        descriptor = shm_open(key, O_RDWR | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0, ftruncate(descriptor, off_t(count)) == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    deinit {
        close(descriptor)
        shm_unlink(key)
    }

    func write(_ bytes: [UInt8], at place: Int) { #expect(pwrite(descriptor, bytes, bytes.count, off_t(place)) == bytes.count) }

    func read(_ count: Int, at place: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        #expect(pread(descriptor, &bytes, count, off_t(place)) == count)
        return bytes
    }
}

@Suite struct MemoryTests {
    private func register(_ server: TestServer, _ object: MemoryObject, _ count: UInt64, from offset: UInt64 = 0) async throws {
        _ = try await server.service.systemSharedMemoryRegister(
            request: .with { ($0.name, $0.key, $0.offset, $0.byteSize) = ("mem", object.key, offset, count) }, context: server.context)
    }

    private func parameters(_ offset: Int64, _ count: Int64) -> [String: Inference_InferParameter] {
        [
            "shared_memory_region": .with { $0.stringParam = "mem" }, "shared_memory_offset": .with { $0.int64Param = offset },
            "shared_memory_byte_size": .with { $0.int64Param = count },
        ]
    }

    private func request(_ offset: Int64, _ count: Int64) -> Inference_ModelInferRequest {
        var message = Inference_ModelInferRequest.rows
        message.rawInputContents = []
        message.inputs[0].parameters = parameters(offset, count)
        return message
    }

    @Test func inputsAndOutputsGoThroughRegions() async throws {
        let server = try await TestServer(memory: SharedMemoryTable())
        let object = try MemoryObject(256)
        try await register(server, object, 192, from: 64)
        object.write((0..<8).flatMap { bytes(Float($0)) }, at: 64 + 32)
        var message = request(32, 32)
        message.outputs = [.with { ($0.name, $0.parameters) = ("y", parameters(64, 32)) }]
        let answer = try await server.infer(message)
        #expect(answer.rawOutputContents == [Data()])
        #expect(object.read(32, at: 64 + 64) == (0..<8).flatMap { bytes(Float(2 * $0)) })
        message.outputs[0].parameters = parameters(64, 31)
        #expect(await status { _ = try await server.infer(message) } == .invalidArgument)
    }

    @Test(arguments: [(0, 193), (161, 32), (-1, 32), (0, -32), (.max, 32), (32, .max), (0, 31)] as [(Int64, Int64)])
    func boundsAreKept(_ offset: Int64, _ count: Int64) async throws {
        let server = try await TestServer(memory: SharedMemoryTable())
        let object = try MemoryObject(256)
        try await register(server, object, 192, from: 64)
        #expect(await status { _ = try await server.infer(request(offset, count)) } == .invalidArgument)
    }

    @Test func objectsThatShrinkAreNoticed() async throws {
        let server = try await TestServer(memory: SharedMemoryTable())
        let object = try MemoryObject(256)
        try await register(server, object, 256)
        #expect(ftruncate(object.descriptor, 16) == 0)
        #expect(await status { _ = try await server.infer(request(0, 32)) } == .invalidArgument)
    }

    /// An object may be larger than all memory, as long as nothing is in it.
    @Test func hugeObjectsAreNotRead() async throws {
        let server = try await TestServer(memory: SharedMemoryTable())
        let object = try MemoryObject(1 << 50)
        try await register(server, object, 1 << 50)
        var message = request(0, 1 << 50)
        message.inputs[0].shape = [1 << 46, 4]
        #expect(await status { _ = try await server.infer(message) } == .resourceExhausted)
        (message.modelName, message.inputs[0].datatype, message.inputs[0].shape) = ("texts", "BYTES", [1])
        #expect(await status { _ = try await server.infer(message) } == .resourceExhausted)
    }

    @Test func regionsAreOfObjectsThatAreThere() async throws {
        let server = try await TestServer(memory: SharedMemoryTable())
        let object = try MemoryObject(256)
        for (offset, count): (UInt64, UInt64) in [(0, 0), (0, 257), (256, 1), (.max, 1), (1, .max)] {
            #expect(await status { try await register(server, object, count, from: offset) } == .invalidArgument)
        }
        for key in ["", "/", "/..", "..", "/a/b", "/../etc/passwd"] {
            let code = await status {
                _ = try await server.service.systemSharedMemoryRegister(
                    request: .with { ($0.name, $0.key, $0.byteSize) = ("a", key, 1) }, context: server.context)
            }
            #expect(code == .invalidArgument, "\(key)")
        }
        try await register(server, object, 256)
        #expect(await status { try await register(server, object, 256) } == .alreadyExists)
        _ = try await server.service.systemSharedMemoryUnregister(request: .with { $0.name = "mem" }, context: server.context)
        #expect(await status { _ = try await server.infer(request(0, 32)) } == .notFound)
    }

    @Test func withoutTheOptionThereIsNone() async throws {
        let server = try await TestServer()
        let object = try MemoryObject(256)
        #expect(await status { try await register(server, object, 256) } == .unimplemented)
        #expect(await status { _ = try await server.infer(request(0, 32)) } == .unimplemented)
    }
}
