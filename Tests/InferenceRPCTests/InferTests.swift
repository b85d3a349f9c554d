import Foundation
import GRPCCore
import Testing

@testable import InferenceRPC

@Suite struct InferTests {
    @Test func rawBytesComeBackAsRawBytes() async throws {
        let server = try await TestServer()
        let answer = try await server.infer(.rows)
        #expect(answer.modelName == "rows" && answer.modelVersion == "1")
        #expect(answer.outputs.map(\.datatype) == ["FP32"] && answer.outputs[0].shape == [2, 4])
        #expect(answer.rawOutputContents == [Data((0..<8).flatMap { bytes(Float(2 * $0)) })])
    }

    @Test func listsComeBackAsLists() async throws {
        let server = try await TestServer()
        var message = Inference_ModelInferRequest.raw("bytes", "UINT8", [2], [])
        message.rawInputContents = []
        message.inputs[0].contents.uintContents = [1, 255]
        let answer = try await server.infer(message)
        #expect(answer.outputs[0].contents.uintContents == [1, 255, 1, 255] && answer.rawOutputContents.isEmpty)
        message.inputs[0].contents.uintContents = [1, 256]
        #expect(await status { _ = try await server.infer(message) } == .invalidArgument)
    }

    @Test func halvesHaveNoLists() async throws {
        let server = try await TestServer()
        let answer = try await server.infer(.raw("halves", "FP16", [1], [0, 0x3C]))
        #expect(answer.rawOutputContents == [Data([0, 0x3C, 0, 0x3C])] && answer.outputs[0].datatype == "FP16")
        var message = Inference_ModelInferRequest.raw("halves", "FP16", [1], [])
        message.rawInputContents = []
        message.inputs[0].contents.fp32Contents = [1]
        #expect(await status { _ = try await server.infer(message) } == .unimplemented)
    }

    @Test func textsTravelBehindTheirLengths() async throws {
        let server = try await TestServer()
        let text: [UInt8] = [2, 0, 0, 0, 0xC3, 0xA4]
        let answer = try await server.infer(.raw("texts", "BYTES", [1], text))
        #expect(answer.rawOutputContents == [Data(text + text)] && answer.outputs[0].datatype == "BYTES")
        for damaged: [UInt8] in [
            [], [2, 0, 0], [3, 0, 0, 0, 1, 2], [1, 0, 0, 0, 0xC3], text + [0], text + text, [255, 255, 255, 255, 1],
        ] {
            #expect(await status { _ = try await server.infer(.raw("texts", "BYTES", [1], damaged)) } == .invalidArgument)
        }
        #expect(await status { _ = try await server.infer(.raw("texts", "BYTES", [1 << 60], text)) } == .invalidArgument)
    }

    @Test(arguments: [
        ("none", "FP32", [2, 4] as [Int64], RPCError.Code.notFound), ("rows", "FP32", [2, 3], .invalidArgument),
        ("rows", "FP99", [2, 4], .invalidArgument), ("rows", "FP32", [-2, -4], .invalidArgument),
        ("rows", "FP32", [1 << 62, 4], .invalidArgument), ("rows", "INT32", [2, 4], .invalidArgument),
        ("rows", "FP32", [Int64](repeating: 1, count: 65), .invalidArgument),
    ])
    func whatDoesNotFitIsRefused(_ model: String, _ type: String, _ shape: [Int64], _ code: RPCError.Code) async throws {
        let server = try await TestServer()
        var message = Inference_ModelInferRequest.rows
        message.modelName = model
        (message.inputs[0].datatype, message.inputs[0].shape) = (type, shape)
        #expect(await status { _ = try await server.infer(message) } == code)
    }

    @Test func rawContentsAreAsManyAsInputs() async throws {
        let server = try await TestServer()
        var message = Inference_ModelInferRequest.rows
        message.rawInputContents += [Data([1])]
        #expect(await status { _ = try await server.infer(message) } == .invalidArgument)
        message = .rows
        message.inputs[0].contents.fp32Contents = [1]
        #expect(await status { _ = try await server.infer(message) } == .invalidArgument)
    }

    @Test func aDeadlineOfNoTimeIsExceeded() async throws {
        let server = try await TestServer()
        let code = await status {
            _ = try await CallContext.$deadline.withValue(.now - .seconds(1)) { try await server.infer(.rows) }
        }
        #expect(code == .deadlineExceeded)
    }

    @Test(arguments: [("1S", 1.0), ("20m", 0.02), ("5u", 5e-6), ("2H", 7200), ("1M", 60)])
    func timeoutsAreRead(_ text: String, _ seconds: Double) throws {
        let before = ContinuousClock.now
        let deadline = try #require(CallContext.deadline(["grpc-timeout": "\(text)"]))
        #expect(deadline - before >= .seconds(seconds) && deadline - before < .seconds(seconds + 30))
        for damaged in ["", "S", "1", "-1S", "123456789S", "1x"] {
            #expect(CallContext.deadline(["grpc-timeout": "\(damaged)"]) == nil)
        }
    }
}
