import NIOCore
import NIOHPACK
import NIOHTTP2

/// Ends calls whose messages are larger than they may be with a status that says so: the transport breaks such calls off, which clients take for
/// a cancellation.
final class MessageLimit: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private let limit: Int
    private var sizes = MessageSizes()
    private var hasHead = false
    private var isRefused = false

    /// - Parameter limit: most bytes of a message.
    init(_ limit: Int) { self.limit = limit }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isRefused { return }
        if case .data(let frame) = unwrapInboundIn(data), case .byteBuffer(let bytes) = frame.data, sizes.largest(bytes) > limit {
            return refuse(context)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isRefused {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        if case .headers = unwrapOutboundIn(data) { hasHead = true }
        context.write(data, promise: promise)
    }

    /// Status 8 is `RESOURCE_EXHAUSTED`.
    private func refuse(_ context: ChannelHandlerContext) {
        isRefused = true
        var headers = HPACKHeaders()
        if !hasHead { headers = [":status": "200", "content-type": "application/grpc"] }
        headers.add(name: "grpc-status", value: "8")
        headers.add(
            name: "grpc-message", value: "the message is larger than \(limit) bytes, which is the limit of this server (--max-body)")
        context.writeAndFlush(wrapOutboundOut(.headers(.init(headers: headers, endStream: true))), promise: nil)
        // A moment later, so that the client reads the status before the stream is reset.
        let stream = context.channel
        context.eventLoop.scheduleTask(in: .seconds(1)) { stream.close(promise: nil) }
    }
}

/// Follows the messages of a call: each is a byte of flags, its size in four bytes, and so many bytes.
struct MessageSizes {
    private var head: [UInt8] = []
    /// Bytes of the message at hand that have not come.
    private var rest = 0

    /// The largest size that `bytes`, the next of the call, tell of a message; 0 if they tell of none.
    mutating func largest(_ bytes: ByteBuffer) -> Int {
        var largest = 0
        var bytes = bytes.readableBytesView
        while !bytes.isEmpty {
            if rest > 0 {
                let count = min(rest, bytes.count)
                bytes = bytes.dropFirst(count)
                rest -= count
                continue
            }
            let part = bytes.prefix(5 - head.count)
            head += part
            bytes = bytes.dropFirst(part.count)
            guard head.count == 5 else { break }
            rest = head.dropFirst().reduce(0) { $0 << 8 | Int($1) }
            largest = max(largest, rest)
            head = []
        }
        return largest
    }
}
