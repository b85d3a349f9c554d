import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Watches a connection: tells when the client has closed its side, closes it when the client reads nothing for too long, and answers
/// `Expect: 100-continue`.
final class ClientWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let state = ClientState()
    private let timeout: TimeAmount
    private let maxBodyBytes: Int
    private var stall: Scheduled<Void>?

    init(timeout: TimeAmount, maxBodyBytes: Int) { (self.timeout, self.maxBodyBytes) = (timeout, maxBodyBytes) }

    func handlerAdded(context: ChannelHandlerContext) { Clients.add(state, context.channel) }

    func handlerRemoved(context: ChannelHandlerContext) { leave(context) }

    func channelInactive(context: ChannelHandlerContext) {
        leave(context)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { state.leave() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data), head.headerFields[.expect]?.lowercased() == "100-continue",
            (head.headerFields[.contentLength].flatMap { Int($0) } ?? 0) <= maxBodyBytes
        {
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
        context.fireChannelRead(data)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall?.cancel()
        stall = nil
        if !context.channel.isWritable {
            let channel = context.channel
            stall = context.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    private func leave(_ context: ChannelHandlerContext) {
        stall?.cancel()
        Clients.remove(context.channel)
        state.leave()
    }
}
