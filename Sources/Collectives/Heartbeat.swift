/// Tells a process that computes from one that has ended: every second rank 0 hears from each other, and each other from rank 0.
final class Heartbeat {
    private let transport: any MessageTransport
    private let silence: Duration
    private let peers: [Int]
    private var (awaited, sent): ([MessageRequest], [MessageRequest?])
    private var heard: [ContinuousClock.Instant]
    /// When the next one is sent, and when ``pump()`` was called last.
    private var (next, listened): (ContinuousClock.Instant, ContinuousClock.Instant)
    /// Names of machines by rank, once they are known.
    var hosts: [String] = []
    /// One byte for each message that is awaited, and the one that is sent.
    private let bytes: UnsafeMutableRawBufferPointer

    static let tag = 2
    static let interval = Duration.seconds(1)

    /// - Parameter silence: for how long a process may be unheard.
    init(_ transport: any MessageTransport, silence: Duration) throws {
        (self.transport, self.silence) = (transport, silence)
        peers = transport.rank == 0 ? Array(1..<max(transport.size, 1)) : [0]
        bytes = .allocate(byteCount: peers.count + 1, alignment: 1)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        (next, listened) = (.now, .now)
        (awaited, sent, heard) = ([], Array(repeating: nil, count: peers.count), Array(repeating: .now, count: peers.count))
        for place in peers.indices { awaited.append(try listen(place)) }
    }

    deinit { bytes.deallocate() }

    private func listen(_ place: Int) throws -> MessageRequest {
        try transport.receive(UnsafeMutableRawBufferPointer(rebasing: bytes[place..<place + 1]), from: peers[place], tag: Heartbeat.tag)
    }

    /// Sends and hears what is due; to be called at least ten times a second.
    /// - Throws: ``ProcessGroupError`` that names the process that has been silent for too long.
    func pump() throws {
        let now = ContinuousClock.now
        // While this process slept, it heard nobody.
        let gap = now - listened > Heartbeat.interval ? now - listened : .zero
        listened = now
        for place in peers.indices {
            heard[place] += gap
            while try transport.isDone(&awaited[place]) {
                heard[place] = now
                awaited[place] = try listen(place)
            }
            if now - heard[place] > silence {
                let rank = peers[place]
                throw ProcessGroupError.silent(rank, hosts.indices.contains(rank) ? hosts[rank] : "its machine", silence)
            }
        }
        guard now >= next else { return }
        next = now + Heartbeat.interval
        try send()
    }

    private func send() throws {
        let byte = UnsafeRawBufferPointer(rebasing: bytes[peers.count...])
        for place in peers.indices {
            // What has not left yet says what the next one would.
            if var request = sent[place] {
                guard try transport.isDone(&request) else {
                    sent[place] = request
                    continue
                }
            }
            sent[place] = try transport.send(byte, to: peers[place], tag: Heartbeat.tag)
        }
    }

    /// Hears nothing more.
    func end() { for place in awaited.indices { transport.cancel(&awaited[place]) } }
}
