/// How `size` processes are arranged in a grid of as many dimensions as `size` has factors, so that a process exchanges with few others at a
/// time: up to 8 processes as one row, 16 as 8 × 2, 1,000 as 8 × 5 × 5 × 5. A prime number is one row.
///
/// In each dimension a process belongs to a row of processes that differ in this coordinate alone.
package struct Radices: Sendable, Equatable {
    package let sizes: [Int]

    /// A row longer than this is split where the number of processes has factors: each member costs a message, each dimension a round.
    static let longest = 8

    package init(_ size: Int) {
        var (rest, factors, divisor) = (size, [Int](), 2)
        while divisor <= rest / divisor {
            while rest % divisor == 0 {
                factors.append(divisor)
                rest /= divisor
            }
            divisor += 1
        }
        if rest > 1 { factors.append(rest) }
        var joined: [Int] = []
        for factor in factors {
            if let last = joined.last, last * factor <= Radices.longest {
                joined[joined.count - 1] = last * factor
            } else {
                joined.append(factor)
            }
        }
        sizes = joined
    }

    /// The row of `rank` in `dimension`, by coordinate.
    package func row(of rank: Int, _ dimension: Int) -> [Int] {
        let stride = sizes[..<dimension].reduce(1, *)
        let start = rank - coordinate(of: rank, dimension) * stride
        return (0..<sizes[dimension]).map { start + $0 * stride }
    }

    package func coordinate(of rank: Int, _ dimension: Int) -> Int {
        rank / sizes[..<dimension].reduce(1, *) % sizes[dimension]
    }
}
