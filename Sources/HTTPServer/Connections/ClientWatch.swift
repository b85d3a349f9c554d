import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Watches a connection: tells when the client has closed its side, closes it when the client reads nothing for too long, ends bodies that are
/// too slow, read or not, and answers `Expect: 100-continue`.
final class ClientWatch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let state = ClientState()
    private var hasLeft = false
    private let timeout: TimeAmount
    private let bodyTimeout: TimeAmount
    private let maxBodyBytes: Int
    /// Closes a connection whose client reads nothing.
    private var stall: Scheduled<Void>?
    /// Requests whose answers have not ended.
    private var unanswered = 0
    /// Whether the newest request has not come to its end, and what happens when that is too late.
    private var isComing = false
    private var lateness: Scheduled<Void>?

    /// - Parameters:
    ///   - timeout: for clients that read nothing.
    ///   - bodyTimeout: for the body of a request to arrive.
    ///   - maxBodyBytes: larger ones are not asked for.
    init(timeout: TimeAmount, bodyTimeout: TimeAmount, maxBodyBytes: Int) {
        (self.timeout, self.bodyTimeout, self.maxBodyBytes) = (timeout, bodyTimeout, maxBodyBytes)
    }

    func handlerAdded(context: ChannelHandlerContext) { Clients.add(state, context.channel) }

    func handlerRemoved(context: ChannelHandlerContext) { leave(context) }

    func channelInactive(context: ChannelHandlerContext) {
        leave(context)
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { tell() }
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
            lateness?.cancel()
            lateness = nil
        }
        context.fireChannelRead(data)
    }

    /// Bodies that came whole with their head need no clock.
    func channelReadComplete(context: ChannelHandlerContext) {
        if isComing, lateness == nil {
            let channel = context.channel
            // Ends the request's body: what reads it answers and closes the connection, which is closed at once where nothing does.
            lateness = context.eventLoop.scheduleTask(in: bodyTimeout) { channel.pipeline.fireErrorCaught(LateBody()) }
        }
        context.fireChannelReadComplete()
    }

    private func expectsWord(_ head: HTTPRequest) -> Bool {
        head.headerFields[.expect]?.lowercased() == "100-continue"
            && (head.headerFields[.contentLength].flatMap { Int($0) } ?? 0) <= maxBodyBytes
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { unanswered -= 1 }
        context.write(data, promise: promise)
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
        lateness?.cancel()
        Clients.remove(context.channel)
        tell()
    }

    /// Once: what is called may close the channel's input, which comes back here.
    private func tell() {
        if hasLeft { return }
        hasLeft = true
        state.leave()
    }
}

/// The body of a request did not arrive in its time.
struct LateBody: Error {}
