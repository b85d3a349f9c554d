/// How `size` processes are arranged in a grid of as many dimensions as `size` has factors, so that a process exchanges with few others at a
/// time: 2 processes as 2, 8 as 2 × 4, 1,000 as 5 × 5 × 5 × 8. A prime number is one dimension.
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
