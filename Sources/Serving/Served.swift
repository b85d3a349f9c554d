import Tessera

/// Something loaded that takes requests: a model or a pipeline.
protocol Served: AnyObject, Sendable {
    /// Bytes of weights and working memory.
    var bytes: Int { get }
    /// Requests that wait and requests that are computed.
    var load: (waiting: Int, running: Int) { get }
    /// Turn of the last request; see ``RouteTable``.
    var lastTurn: UInt64 { get }

    /// Takes no more requests; those it has are still answered.
    func close(isDraining: Bool)

    /// Returns when a closed one has answered all requests.
    func ended() async

    /// Answers whatever waits or runs with `error`.
    func giveUpAll(_ error: ServingError)
}

extension Served {
    var isBusy: Bool { load.waiting + load.running > 0 }
}
