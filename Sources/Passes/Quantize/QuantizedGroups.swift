import Dispatch
import IR

/// A matrix in 4-bit integers, with a scale, and perhaps a zero point, for each group of neighbouring inputs of an output.
package struct QuantizedGroups {
    package let entry: RoundedWeights.Entry

    /// nil if the weight has no data, or is not f32 [rows, columns].
    package init?(_ weight: Constant, _ format: WeightGroups) {
        guard let tensor = weight.tensor, tensor.rank == 2, tensor.dtype == .f32 else { return nil }
        let (rows, columns) = (tensor.shape[0], tensor.shape[1])
        let groups = (columns + format.size - 1) / format.size
        var forms = [WeightGroup.Form](repeating: .init(scale: 0, zero: 0), count: rows * groups)
        var levels = [Int8](repeating: 0, count: rows * columns)
        forms.withUnsafeMutableBufferPointer { forms in
            levels.withUnsafeMutableBufferPointer { levels in
                // Rows are disjoint, so threads share nothing.
                nonisolated(unsafe) let (forms, levels) = (forms, levels)
                nonisolated(unsafe) let source = tensor.bytes.buffer.assumingMemoryBound(to: Float.self)
                let rowsAtOnce = max(1, Self.valuesAtOnce / max(columns, 1))
                DispatchQueue.concurrentPerform(iterations: (rows + rowsAtOnce - 1) / rowsAtOnce) { piece in
                    for row in (piece * rowsAtOnce)..<min((piece + 1) * rowsAtOnce, rows) {
                        for group in 0..<groups {
                            let first = row * columns + group * format.size
                            let own = first..<min(first + format.size, (row + 1) * columns)
                            forms[row * groups + group] = WeightGroup(UnsafeBufferPointer(rebasing: source[own]), format)
                                .round(into: UnsafeMutableBufferPointer(rebasing: levels[own]))
                        }
                    }
                }
            }
        }
        self.init(levels: levels, forms, tensor.shape, format)
    }

    /// - Parameters:
    ///   - levels: -8…7, or 0…15 with zero points, row-major.
    ///   - forms: of the groups, those of a row together.
    ///   - shape: rows and columns.
    package init(levels: [Int8], _ forms: [WeightGroup.Form], _ shape: [Int], _ format: WeightGroups) {
        let integers = Tensor(format.hasZeroPoints ? .u4 : .i4, shape) { Self.pack(levels, into: $0) }
        let sizes = [shape[0], shape[0] == 0 ? 0 : forms.count / shape[0]]
        let scales = Tensor(.bf16, sizes) { target in
            forms.map(\.scale).withUnsafeBytes { target.copyMemory(from: $0) }
        }
        let zeros = format.hasZeroPoints ? Tensor(.u4, sizes) { Self.pack(forms.map { Int8($0.zero) }, into: $0) } : nil
        entry = RoundedWeights.Entry(levels: integers, scales: scales, zeros: zeros)
    }

    /// Two to a byte, the first in the lower bits.
    private static func pack(_ levels: [Int8], into target: UnsafeMutableRawBufferPointer) {
        for index in target.indices {
            let high = 2 * index + 1 < levels.count ? levels[2 * index + 1] : 0
            target[index] = UInt8(bitPattern: levels[2 * index] & 15) | UInt8(bitPattern: high & 15) << 4
        }
    }

    /// Enough for a thread to be worth its start.
    private static let valuesAtOnce = 1 << 16
}
