import Dispatch
import IR

/// A weight with its rows, all that belongs to an index of the first dimension, scaled to integers of a range.
package struct QuantizedRows {
    /// i8, shaped as the weight.
    package let integers: Tensor
    /// f32 [rows]; a row is about integers · scale.
    package let scales: Tensor

    /// nil if the weight has no data, or is not f32 of two dimensions or more.
    package init?(_ weight: Constant, _ range: WeightRange) {
        guard let tensor = weight.tensor, tensor.rank >= 2, tensor.dtype == .f32 else { return nil }
        let (rows, columns) = (tensor.shape[0], tensor.shape.dropFirst().reduce(1, *))
        var scales = Tensor([], [0])
        integers = Tensor(.i8, tensor.shape) { integers in
            scales = Tensor(.f32, [rows]) { scales in
                // Pieces are disjoint, so threads share nothing.
                nonisolated(unsafe) let source = tensor.bytes.buffer.assumingMemoryBound(to: Float.self)
                nonisolated(unsafe) let target = integers.assumingMemoryBound(to: Int8.self)
                nonisolated(unsafe) let scales = scales.assumingMemoryBound(to: Float.self)
                let rowsAtOnce = max(1, QuantizedRows.valuesAtOnce / max(columns, 1))
                DispatchQueue.concurrentPerform(iterations: (rows + rowsAtOnce - 1) / rowsAtOnce) { piece in
                    for row in (piece * rowsAtOnce)..<min((piece + 1) * rowsAtOnce, rows) {
                        let own = (row * columns)..<((row + 1) * columns)
                        let values = UnsafeBufferPointer(rebasing: source[own])
                        scales[row] = WeightExtent(values).scale(range)
                        QuantizedRows.round(
                            values, by: 1 / scales[row], range.largest, into: UnsafeMutableBufferPointer(rebasing: target[own]))
                    }
                }
            }
        }
        self.scales = scales
    }

    /// Enough for a thread to be worth its start.
    private static let valuesAtOnce = 1 << 18

    private static func round(
        _ row: UnsafeBufferPointer<Float>, by factor: Float, _ largest: Float, into target: UnsafeMutableBufferPointer<Int8>
    ) {
        let (low, high) = (SIMD8(repeating: -largest), SIMD8(repeating: largest))
        for start in stride(from: 0, to: row.count, by: 8) {
            let level = row.eight(from: start) * factor
            let within = level.replacing(with: low, where: level .< low).replacing(with: high, where: level .> high)
            // 1.5 · 2^23 leaves no room for a fraction, so adding it rounds to the nearest integer, ties to even, which then is
            // the difference of the patterns. Only a NaN is unlike itself.
            let patterns = unsafeBitCast(within + 0x1.8p23, to: SIMD8<Int32>.self) &- Int32(bitPattern: Float(0x1.8p23).bitPattern)
            let integers = patterns.replacing(with: 0, where: within .!= within)
            for offset in 0..<min(8, row.count - start) { target[start + offset] = Int8(truncatingIfNeeded: integers[offset]) }
        }
    }
}

/// What decides the scale of a row of weights.
package struct WeightExtent {
    /// The largest magnitude.
    private(set) var peak: Float = 0
    /// The largest mean, in magnitude, of the weights of one sign among four whose products meet (`WeightRange.half`),
    /// zeros in place of the others: unlike the sum it cannot overflow.
    private(set) var mean: Float = 0
    private(set) var isFinite = true

    package init(_ row: UnsafeBufferPointer<Float>) {
        var (peaks, means, zeros) = (SIMD8<Float>.zero, SIMD4<Float>.zero, SIMD8<Float>.zero)
        for start in stride(from: 0, to: row.count, by: 8) {
            let values = row.eight(from: start)
            let positive = values.replacing(with: 0, where: values .< 0)
            let negative = (-values).replacing(with: 0, where: values .> 0)
            // Not `pointwiseMax`, which is compiled to a call for each lane.
            let magnitude = positive + negative
            let mean = SIMD4(lowHalf: WeightExtent.meeting(positive), highHalf: WeightExtent.meeting(negative))
            peaks.replace(with: magnitude, where: magnitude .> peaks)
            means.replace(with: mean, where: mean .> means)
            zeros += values * 0
        }
        (peak, mean, isFinite) = (peaks.max(), means.max(), zeros == .zero)
    }

    /// Means of inputs 0, 1, 4, 5 and of 2, 3, 6, 7.
    private static func meeting(_ values: SIMD8<Float>) -> SIMD2<Float> {
        let pairs = values.lowHalf * 0.25 + values.highHalf * 0.25
        return pairs.evenHalf + pairs.oddHalf
    }

    /// What one integer stands for; NaN for a row with NaN or infinity, as what is damaged shall not look sound. Rows whose step
    /// would be too small to divide by become zeros.
    package func scale(_ range: WeightRange) -> Float {
        // Rounding adds half a step to each of four weights: 126 steps are 128 integers at most.
        let step = range == .full ? peak / range.largest : max(peak / range.largest, mean / (126 / 4))
        return isFinite ? step >= .leastNormalMagnitude ? step : 1 : .nan
    }
}

extension UnsafeBufferPointer<Float> {
    /// The elements from `start`, up to eight, and zeros beyond the end.
    fileprivate func eight(from start: Int) -> SIMD8<Float> {
        if let base = baseAddress, start + 8 <= count {
            return UnsafeRawPointer(base + start).loadUnaligned(as: SIMD8<Float>.self)
        }
        var values = SIMD8<Float>.zero
        for offset in 0..<(count - start) { values[offset] = self[start + offset] }
        return values
    }
}
