extension Exchange {
    /// What each process gives, by rank; all give as many bytes.
    func gather(_ own: [UInt8]) throws -> [[UInt8]] {
        let width = own.count
        guard width > 0 else {
            _ = try gather([0])
            return Array(repeating: [], count: size)
        }
        let all = UnsafeMutableRawBufferPointer.allocate(byteCount: width * size, alignment: 8)
        defer { all.deallocate() }
        // The grid's order: the last coordinate, which parts are smallest in, runs fastest.
        let order = (0..<size).map { place(of: $0) }
        all.baseAddress.map { ($0 + order[rank] * width).copyMemory(from: own, byteCount: width) }
        for dimension in radices.sizes.indices.reversed() {
            let stride = radices.sizes[(dimension + 1)...].reduce(1, *)
            let length = stride * radices.sizes[dimension]
            let start = order[rank] / length * length
            let whole = UnsafeMutableRawBufferPointer(rebasing: all[start * width..<(start + length) * width])
            try collect(whole, dimension, unit: stride * width)
        }
        return order.map { Array(all[$0 * width..<($0 + 1) * width]) }
    }

    private func place(of rank: Int) -> Int {
        radices.sizes.indices.reduce(0) { $0 * radices.sizes[$1] + radices.coordinate(of: rank, $1) }
    }

    /// Replaces `bytes` by those of rank 0: in each dimension, the process at its start hands them on.
    func broadcast(_ bytes: UnsafeMutableRawBufferPointer) throws {
        for dimension in radices.sizes.indices {
            // Who has the bytes by now: those with coordinates of 0 from this dimension on.
            let rest = radices.sizes.indices.dropFirst(dimension + 1)
            guard rest.allSatisfy({ radices.coordinate(of: rank, $0) == 0 }) else { continue }
            let row = radices.row(of: rank, dimension)
            if radices.coordinate(of: rank, dimension) == 0 {
                let others = Array(row.dropFirst())
                try swap(others, sending: others.map { _ in UnsafeRawBufferPointer(bytes) }, receiving: [])
            } else {
                try swap([row[0]], sending: [], receiving: [bytes])
            }
        }
    }
}
