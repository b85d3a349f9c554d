import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Watches a connection: tells when the client has closed its side, closes it when the client reads nothing, or sends the rest of a request
/// that has its answer, for too long, and answers `Expect: 100-continue`.
final class ClientWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let state = ClientState()
    private let timeout: TimeAmount
    private let maxBodyBytes: Int
    /// Closes a connection whose client reads nothing.
    private var stall: Scheduled<Void>?
    /// Closes a connection whose client goes on sending what nobody reads.
    private var rest: Scheduled<Void>?
    /// Requests whose answers have not ended.
    private var unanswered = 0
    /// Whether the newest request has not come to its end.
    private var isComing = false

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
        switch unwrapInboundIn(data) {
        case .head(let head):
            unanswered += 1
            isComing = true
            // In the middle of another answer there is no place for it; clients that get none send the body after a while.
            if unanswered == 1, expectsWord(head) {
                context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
            }
        case .body: break
        case .end:
            isComing = false
            rest?.cancel()
            rest = nil
        }
        context.fireChannelRead(data)
    }

    private func expectsWord(_ head: HTTPRequest) -> Bool {
        head.headerFields[.expect]?.lowercased() == "100-continue"
            && (head.headerFields[.contentLength].flatMap { Int($0) } ?? 0) <= maxBodyBytes
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            unanswered -= 1
            if isComing, unanswered == 0, rest == nil { rest = closing(context) }
        }
        context.write(data, promise: promise)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall?.cancel()
        stall = context.channel.isWritable ? nil : closing(context)
        context.fireChannelWritabilityChanged()
    }

    private func closing(_ context: ChannelHandlerContext) -> Scheduled<Void> {
        let channel = context.channel
        return context.eventLoop.scheduleTask(in: timeout) { channel.close(promise: nil) }
    }

    private func leave(_ context: ChannelHandlerContext) {
        stall?.cancel()
        rest?.cancel()
        Clients.remove(context.channel)
        state.leave()
    }
}
