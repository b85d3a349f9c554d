extension Exchange {
    /// Replaces what is in `parts` by its sums over all processes times `scale`, so many numbers at a time as suit caches and messages: of a
    /// large part a piece, of small parts several.
    func sum(_ parts: [UnsafeMutableBufferPointer<Float>], scale: Float) throws {
        var small: [UnsafeMutableBufferPointer<Float>] = []
        var count = 0
        for part in parts {
            if part.count >= Exchange.piece / 2 {
                for start in stride(from: 0, to: part.count, by: Exchange.piece) {
                    let end = min(start + Exchange.piece, part.count)
                    try sum(UnsafeMutableBufferPointer(rebasing: part[start..<end]), scale: scale)
                }
                continue
            }
            if count + part.count > Exchange.piece {
                try sumTogether(small, count, scale)
                (small, count) = ([], 0)
            }
            small.append(part)
            count += part.count
        }
        try sumTogether(small, count, scale)
    }

    /// Numbers that are summed up at a time, 4 MB.
    static let piece = 1 << 20

    private func sumTogether(_ parts: [UnsafeMutableBufferPointer<Float>], _ count: Int, _ scale: Float) throws {
        guard count > 0 else { return }
        let joined = UnsafeMutableBufferPointer<Float>.allocate(capacity: count)
        defer { joined.deallocate() }
        var start = 0
        for part in parts { start = joined[start...].update(fromContentsOf: part) }
        try sum(joined, scale: scale)
        start = 0
        for part in parts {
            _ = part.update(fromContentsOf: joined[start..<start + part.count])
            start += part.count
        }
    }

    /// Replaces `values` by their sums over all processes times `scale`; the bits are the same in all processes.
    ///
    /// In each dimension of the grid a row of k processes shares out what it has: each gets one k-th from all others and adds up, in the order of
    /// ranks. Then the sums go back the same way. So each sum is computed by one process, in an order that the number of processes alone
    /// decides, and each process sends and receives 2 (1 - 1/size) of the bytes, the least possible.
    private func sum(_ values: UnsafeMutableBufferPointer<Float>, scale: Float) throws {
        var ranges = [0..<values.count]
        for dimension in radices.sizes.indices {
            let whole = ranges[dimension]
            ranges.append(try sumOwnPart(of: UnsafeMutableBufferPointer(rebasing: values[whole]), dimension, from: whole.lowerBound))
        }
        if scale != 1, let own = ranges.last { for index in own { values[index] *= scale } }
        for dimension in radices.sizes.indices.reversed() {
            try collect(UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: values[ranges[dimension]])), dimension, unit: 4)
        }
    }

    /// Adds up this process's part of `values` over its row.
    /// - Returns: the part's place, counted from `start` on.
    private func sumOwnPart(of values: UnsafeMutableBufferPointer<Float>, _ dimension: Int, from start: Int) throws -> Range<Int> {
        let (row, own) = (radices.row(of: rank, dimension), radices.coordinate(of: rank, dimension))
        let parts = row.indices.map { Exchange.part($0, of: values.count, in: row.count) }
        let width = parts[own].count
        reserve(width * row.count)
        let places = row.indices.filter { $0 != own }
        try swap(
            places.map { row[$0] },
            sending: places.map { UnsafeRawBufferPointer(UnsafeMutableBufferPointer(rebasing: values[parts[$0]])) },
            receiving: places.map {
                UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: scratch[$0 * width..<($0 + 1) * width]))
            })
        guard width > 0, let base = values.baseAddress, let received = scratch.baseAddress else { return start..<start }
        let target = base + parts[own].lowerBound
        let terms = row.indices.map { $0 == own ? UnsafePointer(target) : UnsafePointer(received + $0 * width) }
        Exchange.add(terms, width, into: target)
        return start + parts[own].lowerBound..<start + parts[own].upperBound
    }

    /// The sums of `terms`, added up in their order; one of them may be `target`.
    private static func add(_ terms: [UnsafePointer<Float>], _ count: Int, into target: UnsafeMutablePointer<Float>) {
        guard let first = terms.first else { return }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: block) { sums in
            guard let sums = sums.baseAddress else { return }
            for start in stride(from: 0, to: count, by: block) {
                let length = min(block, count - start)
                sums.update(from: first + start, count: length)
                for term in terms.dropFirst() {
                    let more = term + start
                    for index in 0..<length { sums[index] += more[index] }
                }
                (target + start).update(from: sums, count: length)
            }
        }
    }

    /// Numbers that are added up at a time, so that sums stay in the nearest cache.
    private static let block = 2048

    /// Part `index` of `count` elements that `parts` share.
    static func part(_ index: Int, of count: Int, in parts: Int) -> Range<Int> {
        let (width, rest) = (count / parts, count % parts)
        let start = index * width + min(index, rest)
        return start..<start + width + (index < rest ? 1 : 0)
    }

    /// Puts together what the processes of a row have: each its part of `bytes`, in elements of `unit` bytes.
    func collect(_ bytes: UnsafeMutableRawBufferPointer, _ dimension: Int, unit: Int) throws {
        let (row, own) = (radices.row(of: rank, dimension), radices.coordinate(of: rank, dimension))
        let parts = row.indices.map { place in
            let part = Exchange.part(place, of: bytes.count / unit, in: row.count)
            return UnsafeMutableRawBufferPointer(rebasing: bytes[part.lowerBound * unit..<part.upperBound * unit])
        }
        let places = row.indices.filter { $0 != own }
        try swap(
            places.map { row[$0] }, sending: places.map { _ in UnsafeRawBufferPointer(parts[own]) }, receiving: places.map { parts[$0] })
    }
}
