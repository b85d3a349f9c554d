import NIOCore
import NIOHTTP2

/// Takes the header `grpc-timeout` off calls where it is none: GRPCCore 2.4 traps on a negative one, which any client could send.
final class TimeoutHeader: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload

    private static let name = "grpc-timeout"

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .headers(var frame) = unwrapInboundIn(data), !frame.headers[TimeoutHeader.name].allSatisfy(TimeoutHeader.isSound) else {
            return context.fireChannelRead(data)
        }
        frame.headers.remove(name: TimeoutHeader.name)
        context.fireChannelRead(wrapInboundOut(.headers(frame)))
    }

    /// Whether `text` is 1 to 8 digits and a unit, as the protocol has it.
    static func isSound(_ text: String) -> Bool {
        let digits = text.utf8.dropLast()
        guard let unit = text.utf8.last, (1...8).contains(digits.count) else { return false }
        return "HMSmun".utf8.contains(unit) && digits.allSatisfy { (0x30...0x39).contains($0) }
    }
}
