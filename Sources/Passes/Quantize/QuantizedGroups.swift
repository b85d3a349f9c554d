import Dispatch
import IR

/// A matrix in 4-bit integers, with a scale for each group of neighbouring inputs of an output.
package struct QuantizedGroups {
    /// i4 [rows, columns]; a weight is about its integer times its group's scale.
    package let integers: Tensor
    /// bf16 [rows, ⌈columns / 32⌉].
    package let scales: Tensor

    package static let size = 32

    /// nil if the weight has no data, or is not f32 [rows, columns].
    package init?(_ weight: Constant) {
        guard let tensor = weight.tensor, tensor.rank == 2, tensor.dtype == .f32 else { return nil }
        let (rows, columns) = (tensor.shape[0], tensor.shape[1])
        let groups = (columns + Self.size - 1) / Self.size
        var scales = [UInt16](repeating: 0, count: rows * groups)
        var levels = [Int8](repeating: 0, count: rows * columns)
        scales.withUnsafeMutableBufferPointer { scales in
            levels.withUnsafeMutableBufferPointer { levels in
                // Rows are disjoint, so threads share nothing.
                nonisolated(unsafe) let (scales, levels) = (scales, levels)
                nonisolated(unsafe) let source = tensor.bytes.buffer.assumingMemoryBound(to: Float.self)
                let rowsAtOnce = max(1, Self.valuesAtOnce / max(columns, 1))
                DispatchQueue.concurrentPerform(iterations: (rows + rowsAtOnce - 1) / rowsAtOnce) { piece in
                    for row in (piece * rowsAtOnce)..<min((piece + 1) * rowsAtOnce, rows) {
                        for group in 0..<groups {
                            let own = (row * columns + group * Self.size)..<(row * columns + min((group + 1) * Self.size, columns))
                            scales[row * groups + group] = WeightGroup(UnsafeBufferPointer(rebasing: source[own]))
                                .round(into: UnsafeMutableBufferPointer(rebasing: levels[own]))
                        }
                    }
                }
            }
        }
        self.init(levels: levels, scales: scales, tensor.shape)
    }

    /// - Parameters:
    ///   - levels: -8…7, row-major.
    ///   - scales: their bits as bf16, those of a row together.
    ///   - shape: rows and columns.
    package init(levels: [Int8], scales: [UInt16], _ shape: [Int]) {
        integers = Tensor(.i4, shape) { target in
            for index in target.indices {
                let high = 2 * index + 1 < levels.count ? levels[2 * index + 1] : 0
                target[index] = UInt8(bitPattern: levels[2 * index] & 15) | UInt8(bitPattern: high & 15) << 4
            }
        }
        let groups = shape[0] == 0 ? 0 : scales.count / shape[0]
        self.scales = Tensor(.bf16, [shape[0], groups]) { target in scales.withUnsafeBytes { target.copyMemory(from: $0) } }
    }

    /// Enough for a thread to be worth its start.
    private static let valuesAtOnce = 1 << 16
}

/// Up to 32 weights that share a scale.
package struct WeightGroup {
    let values: UnsafeBufferPointer<Float>

    package init(_ values: UnsafeBufferPointer<Float>) { self.values = values }

    /// Writes integers -8…7 and gives the scale's bits as bf16.
    func round(into target: UnsafeMutableBufferPointer<Int8>) -> UInt16 {
        let bits = scale
        let factor = BFloat16.float(fromBits: bits)
        guard factor.isFinite else { return bits }
        let inverse = 1 / factor
        for (index, value) in values.enumerated() { target[index] = Int8(WeightGroup.level(value * inverse)) }
        return bits
    }

    /// The scale's bits as bf16; NaN if a weight is not finite, 1 if all are next to nothing.
    ///
    /// The weight that is largest in magnitude becomes about -8, since -8 has no counterpart; around that, the scale is searched whose integers
    /// leave the smallest squared error, its own best value being Σ w·q / Σ q².
    package var scale: UInt16 {
        var (peak, sum): (Float, Float) = (0, 0)
        for value in values {
            if abs(value) > abs(peak) { peak = value }
            sum += value * 0
        }
        guard sum == 0 else { return BFloat16.bits(of: .nan) }
        guard abs(peak) >= .leastNormalMagnitude * 16 else { return BFloat16.bits(of: 1) }
        var (best, gain): (Float, Float) = (peak / -8, -1)
        for step in -3...3 {
            let inverse = (-8 - 0.3 * Float(step)) / peak
            var (products, squares): (Float, Float) = (0, 0)
            for value in values {
                let level = WeightGroup.level(value * inverse)
                products += value * level
                squares += level * level
            }
            // What a scale of products / squares takes off the squared error.
            if squares > 0, products * products / squares > gain { (best, gain) = (products / squares, products * products / squares) }
        }
        return BFloat16.bits(of: best)
    }

    /// The nearest of -8…7, ties to even; of numbers that are finite.
    package static func level(_ value: Float) -> Float {
        // Adding 1.5 · 2^23 leaves no room for a fraction.
        (min(max(value, -8), 7) + 0x1.8p23) - 0x1.8p23
    }
}
