/// Sends and awaits messages on the group's thread, watching that the others live.
final class Exchange {
    let transport: any MessageTransport
    let radices: Radices
    let heartbeat: Heartbeat
    /// What is received before it is added up, kept from one sum to the next.
    var scratch = UnsafeMutableBufferPointer<Float>.allocate(capacity: 0)

    var rank: Int { transport.rank }
    var size: Int { transport.size }

    /// The tag of all but heartbeats.
    static let tag = 1
    /// Bytes of one message at most; MPI counts in 32 bits.
    static let messageBytes = 1 << 28

    init(_ transport: any MessageTransport, silence: Duration) throws {
        (self.transport, radices) = (transport, Radices(transport.size))
        heartbeat = try Heartbeat(transport, silence: silence)
    }

    deinit { scratch.deallocate() }

    /// Makes room for `count` numbers.
    func reserve(_ count: Int) {
        guard scratch.count < count else { return }
        scratch.deallocate()
        scratch = .allocate(capacity: count)
    }

    /// A message in both directions with each of `others`, and nothing more before all have come and gone.
    /// - Parameters:
    ///   - outgoing, incoming: bytes for and of the process at that place of `others`; without any, there is no message.
    func swap(_ others: [Int], sending outgoing: [UnsafeRawBufferPointer], receiving incoming: [UnsafeMutableRawBufferPointer]) throws {
        var requests: [MessageRequest] = []
        for (other, bytes) in zip(others, incoming) where bytes.count > 0 {
            for part in Exchange.parts(bytes.count) {
                requests.append(
                    try transport.receive(UnsafeMutableRawBufferPointer(rebasing: bytes[part]), from: other, tag: Exchange.tag))
            }
        }
        for (other, bytes) in zip(others, outgoing) where bytes.count > 0 {
            for part in Exchange.parts(bytes.count) {
                requests.append(try transport.send(UnsafeRawBufferPointer(rebasing: bytes[part]), to: other, tag: Exchange.tag))
            }
        }
        try wait(&requests)
    }

    private func wait(_ requests: inout [MessageRequest]) throws {
        var pause = Pause()
        while !requests.isEmpty {
            let before = requests.count
            var rest: [MessageRequest] = []
            for var request in requests where try !transport.isDone(&request) { rest.append(request) }
            requests = rest
            if requests.isEmpty { return }
            try heartbeat.pump()
            pause.next(afterProgress: requests.count < before)
        }
    }

    private static func parts(_ count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: messageBytes).map { $0..<min($0 + messageBytes, count) }
    }
}
