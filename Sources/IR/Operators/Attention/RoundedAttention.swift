/// What attention with products of 8-bit integers makes of its operands.
///
///     q    each row as that of a dense layer (``QuantizedProduct``)
///     k    less the mean of up to 64 keys, which moves all scores of a query alike; each row rounded with a scale of its own
///     v    each column of 128 keys rounded with a scale of its own
///
/// Integers of k and v are of half range: before they are rounded, the four of an aligned eight that stand at 0, 1, 4, 5 or at
/// 2, 3, 6, 7 add up to 126 steps at most, those of each sign by themselves, and none has more than 63. Kernels whose products have
/// room take 127 steps for the largest. Masks are not looked at: a hidden key counts for the mean and for scales.
struct RoundedAttention {
    /// Steps of the largest magnitude if the range is full, or of what is called extent below.
    private let steps: Float
    private let isFull: Bool

    init(isFull: Bool) { (self.isFull, steps) = (isFull, isFull ? 127 : 126) }

    /// Keys whose values share a scale.
    private static let block = 128
    /// Keys, at most, whose mean is subtracted.
    private static let sample = 64

    /// q `[b, h, n, d]`, k `[b, g, m, d]` and v `[b, g, m, e]` as kernels see them; not `centered` where the softmax has a term
    /// that is no key's.
    func operands(_ q: Tensor, _ k: Tensor, _ v: Tensor, centered: Bool) -> ([Double], [Double], [Double]) {
        let heads = k.shape[0] * k.shape[1]
        let (keys, depth, width) = (k.shape[2], k.shape[3], v.shape[3])
        let queries = rows(q.floats, depth).flatMap { row in
            let rounded = QuantizedProduct.Row(row)
            return rounded.centered.map { Double($0) * Double(rounded.scale) }
        }
        let (allKeys, allValues) = (k.floats, v.floats)
        let (keySize, valueSize) = (keys * depth, keys * width)
        let roundedKeys = (0..<heads).flatMap { head in
            self.keys(allKeys[(head * keySize)..<((head + 1) * keySize)], depth, centered: centered)
        }
        let roundedValues = (0..<heads).flatMap { head in
            values(Array(allValues[(head * valueSize)..<((head + 1) * valueSize)]), keys, width)
        }
        return (queries, roundedKeys, roundedValues)
    }

    private func rows(_ values: some RandomAccessCollection<Float>, _ size: Int) -> [ArraySlice<Float>] {
        let all = Array(values)
        return size == 0 ? [] : stride(from: 0, to: all.count, by: size).map { all[$0..<($0 + size)] }
    }

    private func keys(_ head: ArraySlice<Float>, _ depth: Int, centered: Bool) -> [Double] {
        let rows = rows(head, depth)
        let center = centered ? mean(rows, depth) : [Float](repeating: 0, count: depth)
        return rows.flatMap { row in rounded(zip(row, center).map { $0 - $1 }) }
    }

    private func mean(_ rows: [ArraySlice<Float>], _ depth: Int) -> [Float] {
        let step = max((rows.count + RoundedAttention.sample - 1) / RoundedAttention.sample, 1)
        let chosen = stride(from: 0, to: rows.count, by: step).map { Array(rows[$0]) }
        return (0..<depth).map { column in chosen.reduce(0) { $0 + $1[column] } / Float(chosen.count) }
    }

    private func values(_ head: [Float], _ keys: Int, _ width: Int) -> [Double] {
        var result = [Double](repeating: 0, count: head.count)
        for first in stride(from: 0, to: keys, by: RoundedAttention.block) {
            let range = first..<min(first + RoundedAttention.block, keys)
            for column in 0..<width {
                for (key, value) in zip(range, rounded(range.map { head[$0 * width + column] })) {
                    result[key * width + column] = value
                }
            }
        }
        return result
    }

    /// Integers times their scale; NaN all of them unless all are finite.
    private func rounded(_ x: [Float]) -> [Double] {
        guard x.allSatisfy(\.isFinite) else { return x.map { _ in .nan } }
        let extent = extent(x), inverse = steps / extent
        let scale = Double(extent / steps)
        return x.map { inverse.isFinite ? Double(($0 * inverse).rounded(.toNearestOrEven)) * scale : 0 }
    }

    /// The most that `steps` stand for: the largest magnitude; in half range twice that, or what four that meet add up to.
    private func extent(_ x: [Float]) -> Float {
        if isFull { return x.map(abs).max() ?? 0 }
        var most = x.map { 2 * abs($0) }.max() ?? 0
        for first in stride(from: 0, to: x.count, by: 8) {
            let eight = Array(x[first..<min(first + 8, x.count)])
            for group in [[0, 1, 4, 5], [2, 3, 6, 7]] {
                let met = group.filter { $0 < eight.count }.map { eight[$0] }
                most = max(most, met.filter { $0 > 0 }.reduce(0, +), -met.filter { $0 < 0 }.reduce(0, +))
            }
        }
        return most
    }
}
