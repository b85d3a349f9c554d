import Dispatch
import IR
import Passes
import Runtime

/// Rounds weights one input after the other, and lets those that are still to come make up for the error of those that are rounded.
///
/// Frantar et al., GPTQ (arXiv 2210.17323), algorithm 1: with U of S⁻¹ = Uᵀ U, S the second moments of a layer's inputs, rounding weight j by an
/// error e is made up for best, in the sum of squares of the results, by taking e / U[j, j] · U[j, l] from every weight l > j.
struct ErrorCompensation {
    let depth: Int
    /// U, row-major.
    private let factor: [Float]

    /// - Parameter factor: as ``SecondMoments/inverseFactor()`` gives it.
    init(depth: Int, factor: [Float]) { (self.depth, self.factor) = (depth, factor) }

    /// Inputs whose errors reach the inputs behind them together, by one matrix product. A multiple of the groups of 4-bit weights, whatever their size.
    private static let block = 128
    /// Outputs that a thread takes at once.
    private static let rowsAtOnce = 64

    /// The integers of `weights` [n, k] in 8 bits with a scale for each output, those that rounding to the nearest takes. nil if a weight is
    /// not finite.
    func rounded(_ weights: [Float], _ range: WeightRange) -> (levels: [Int8], scales: [Float])? {
        let rows = depth == 0 ? 0 : weights.count / depth
        let scales = weights.withUnsafeBufferPointer { all in
            (0..<rows).map { WeightExtent(UnsafeBufferPointer(rebasing: all[$0 * depth..<($0 + 1) * depth])).scale(range) }
        }
        guard scales.allSatisfy(\.isFinite), ErrorCompensation.areModest(weights) else { return nil }
        var levels = [Int8](repeating: 0, count: weights.count)
        compensate(weights, &levels) { row, _, _, value in
            let level = min(max((value / scales[row]).rounded(.toNearestOrEven), -range.largest), range.largest)
            return (Int8(exactly: level) ?? 0, level * scales[row])
        }
        return (levels, scales)
    }

    /// The integers of `weights` [n, k] in 4 bits and what those of each group, [n, ⌈k / size⌉], stand for: the best for its weights as they are when
    /// its turn comes. nil if a weight is not finite.
    func roundedGroups(_ weights: [Float], _ format: WeightGroups) -> (levels: [Int8], forms: [WeightGroup.Form])? {
        guard depth > 0, ErrorCompensation.areModest(weights) else { return nil }
        let (rows, size) = (weights.count / depth, format.size)
        let groups = (depth + size - 1) / size
        var forms = [WeightGroup.Form](repeating: .init(scale: 0, zero: 0), count: groups * rows)
        var levels = [Int8](repeating: 0, count: weights.count)
        forms.withUnsafeMutableBufferPointer { forms in
            // Threads have rows of their own.
            nonisolated(unsafe) let forms = forms
            compensate(weights, &levels) { row, input, ahead, value in
                let place = row * groups + input / size
                let group = WeightGroup(UnsafeBufferPointer(rebasing: ahead.prefix(size - input % size)), format)
                if input % size == 0 { forms[place] = group.form }
                let level = group.level(value, forms[place])
                return (Int8(exactly: level) ?? 0, (level - Float(forms[place].zero)) * forms[place].factor)
            }
        }
        return (levels, forms)
    }

    /// `weights` [n, k] in bf16. nil if a weight is not finite.
    func roundedHalves(_ weights: [Float]) -> [Float]? {
        guard ErrorCompensation.areModest(weights) else { return nil }
        var unused = [Int8](repeating: 0, count: weights.count)
        // What is left of a weight when its turn comes stays as it is.
        return compensate(weights, &unused) { _, _, _, value in (0, value.asBFloat16) }.map(\.asBFloat16)
    }

    /// Whether sums of squares of the weights, and of what errors add to them, stay far from overflow and underflow; others are rounded to the nearest.
    private static func areModest(_ weights: [Float]) -> Bool { weights.allSatisfy { abs($0) < 1e15 } }

    /// Gives a weight's integer and what that stands for: (row, input, the weights from this input on as they are now, this weight).
    private typealias Rounding = @Sendable (Int, Int, UnsafeBufferPointer<Float>, Float) -> (Int8, Float)

    /// The weights as they were when their turn came.
    @discardableResult
    private func compensate(_ weights: [Float], _ levels: inout [Int8], _ round: Rounding) -> [Float] {
        let rows = weights.count / depth
        var left = weights
        left.withUnsafeMutableBufferPointer { left in
            levels.withUnsafeMutableBufferPointer { levels in
                factor.withUnsafeBufferPointer { factor in
                    // Rows are disjoint, so threads share nothing.
                    nonisolated(unsafe) let (left, levels, factor) = (left, levels, factor)
                    let pieces = (rows + Self.rowsAtOnce - 1) / Self.rowsAtOnce
                    DispatchQueue.concurrentPerform(iterations: pieces) { piece in
                        let own = piece * Self.rowsAtOnce..<min((piece + 1) * Self.rowsAtOnce, rows)
                        compensate(own, left, levels, factor, round)
                    }
                }
            }
        }
        return left
    }

    private func compensate(
        _ rows: Range<Int>, _ left: UnsafeMutableBufferPointer<Float>, _ levels: UnsafeMutableBufferPointer<Int8>,
        _ factor: UnsafeBufferPointer<Float>, _ round: Rounding
    ) {
        var errors = [Float](repeating: 0, count: rows.count * Self.block)
        for start in stride(from: 0, to: depth, by: Self.block) {
            let end = min(start + Self.block, depth)
            for (index, row) in rows.enumerated() {
                let own = UnsafeMutableBufferPointer(rebasing: left[row * depth..<(row + 1) * depth])
                for input in start..<end {
                    let (level, value) = round(row, input, UnsafeBufferPointer(rebasing: own[input...]), own[input])
                    levels[row * depth + input] = level
                    let line = UnsafeBufferPointer(rebasing: factor[input * depth..<(input + 1) * depth])
                    let error = (own[input] - value) / line[input]
                    errors[index * Self.block + input - start] = error
                    for later in input + 1..<max(end, input + 1) { own[later] -= error * line[later] }
                }
            }
            guard end < depth, let base = left.baseAddress, let u = factor.baseAddress else { continue }
            DenseAlgebra.subtractProduct(
                rows.count, depth - end, end - start, errors, Self.block, u + start * depth + end, depth,
                from: base + rows.lowerBound * depth + end, depth)
        }
    }
}

extension Float {
    fileprivate var asBFloat16: Float { BFloat16.float(fromBits: BFloat16.bits(of: self)) }
}
