/// How many interfaces listen: the server is ready when all do.
struct Listening: Sendable {
    private let interfaces: Int
    private let told: AsyncStream<Void>
    private let source: AsyncStream<Void>.Continuation

    /// None of `interfaces` listens yet.
    init(interfaces: Int) {
        self.interfaces = interfaces
        (told, source) = AsyncStream<Void>.makeStream()
    }

    /// One more listens.
    func note() { source.yield() }

    /// Returns when all listen, or the task is cancelled. To be called once.
    func all() async {
        var iterator = told.makeAsyncIterator()
        for _ in 0..<interfaces { _ = await iterator.next() }
    }
}
