import IR

/// Samples on their way through the model: pictures of several samples share a batch, and each sample leaves complete, in order.
struct BatchQueue {
    struct Waiting {
        let sample: PreparedSample
        /// Pictures whose tokens are there.
        var done = 0
        var tokens: [Int] = []

        var pictures: Int { sample.input.shape[0] }
    }

    enum Element {
        case sample(Waiting)
        case endOfShard(ShardEnd)
    }

    private var elements: [Element] = []
    /// Pictures without tokens.
    private(set) var pending = 0

    /// Input of the first sample with pictures that wait.
    var first: Tensor? {
        for case .sample(let waiting) in elements where waiting.done < waiting.pictures { return waiting.sample.input }
        return nil
    }

    /// Pictures of that sample which wait.
    var firstPending: Int {
        for case .sample(let waiting) in elements where waiting.done < waiting.pictures { return waiting.pictures - waiting.done }
        return 0
    }

    /// Removes that sample.
    mutating func dropFirstPending() -> PreparedSample? {
        for (index, element) in elements.enumerated() {
            guard case .sample(let waiting) = element, waiting.done < waiting.pictures else { continue }
            elements.remove(at: index)
            pending -= waiting.pictures - waiting.done
            return waiting.sample
        }
        return nil
    }

    /// Type and shape of one picture of those that wait.
    var rowType: TensorType? { first.map(BatchQueue.rowType) }

    static func rowType(_ input: Tensor) -> TensorType { TensorType(input.dtype, input.shape.dropFirst().map { Dim($0) }) }

    mutating func append(_ sample: PreparedSample) {
        pending += sample.input.shape[0]
        elements.append(.sample(Waiting(sample: sample)))
    }

    mutating func append(_ end: ShardEnd) { elements.append(.endOfShard(end)) }

    /// The first `count` pictures without tokens, as one tensor. All that wait have the same row type.
    func batch(_ count: Int) -> Tensor? {
        var pieces: [ByteSlice] = []
        var (taken, first) = (0, Optional<Tensor>.none)
        for case .sample(let waiting) in elements where taken < count && waiting.done < waiting.pictures {
            let input = waiting.sample.input
            let take = min(count - taken, waiting.pictures - waiting.done)
            let row = input.bytes.count / waiting.pictures
            let start = input.bytes.offset + waiting.done * row
            guard let piece = ByteSlice(input.bytes.owner, offset: start, count: take * row) else { return nil }
            pieces.append(piece)
            first = first ?? input
            taken += take
        }
        guard let first else { return nil }
        return Tensor(first.dtype, [taken] + first.shape.dropFirst()) { target in
            var offset = 0
            for piece in pieces {
                UnsafeMutableRawBufferPointer(rebasing: target[offset...]).copyMemory(from: piece.buffer)
                offset += piece.count
            }
        }
    }

    /// Hands out the tokens of the pictures that ``batch(_:)`` gave, `each` for every picture.
    mutating func take(_ tokens: [Int], each: Int) {
        var position = 0
        for index in elements.indices {
            guard case .sample(var waiting) = elements[index], waiting.done < waiting.pictures, position < tokens.count else { continue }
            let take = min((tokens.count - position) / each, waiting.pictures - waiting.done)
            waiting.tokens += tokens[position..<position + take * each]
            waiting.done += take
            position += take * each
            pending -= take
            elements[index] = .sample(waiting)
        }
    }

    /// Removes and gives the first element if it is complete.
    mutating func next() -> Element? {
        guard let first = elements.first else { return nil }
        if case .sample(let waiting) = first, waiting.done < waiting.pictures { return nil }
        return elements.removeFirst()
    }
}
