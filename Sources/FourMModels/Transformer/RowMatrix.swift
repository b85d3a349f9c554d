import IR

/// Builds f32 tensors row by row.
package enum RowMatrix {
    /// Rows of `source` [batch, n, dim] gathered to [batch, length, dim]; `rows[b]` lists (target row, source row). Others are zero.
    static func scatter(_ batch: Int, _ length: Int, _ dim: Int, _ parts: [(tensor: Tensor, moves: [[(to: Int, from: Int)]])]) -> Tensor {
        Tensor(.f32, [batch, length, dim]) { target in
            target.initializeMemory(as: UInt8.self, repeating: 0)
            let width = dim * 4
            for part in parts {
                let sourceRows = part.tensor.shape.count > 1 ? part.tensor.shape[1] : 0
                for (row, moves) in part.moves.enumerated() {
                    for move in moves where move.from < sourceRows && move.to < length {
                        let source = (row * sourceRows + move.from) * width
                        let piece = UnsafeRawBufferPointer(rebasing: part.tensor.bytes.buffer[source..<source + width])
                        UnsafeMutableRawBufferPointer(rebasing: target[((row * length + move.to) * width)...]).copyMemory(from: piece)
                    }
                }
            }
        }
    }

    /// Tensors stacked along the first dimension; the others must agree.
    package static func stack(_ tensors: [Tensor]) -> Tensor? {
        guard let first = tensors.first else { return nil }
        if tensors.count == 1 { return first }
        let tail = Array(first.shape.dropFirst())
        guard tensors.allSatisfy({ $0.dtype == first.dtype && Array($0.shape.dropFirst()) == tail }) else { return nil }
        return Tensor(first.dtype, [tensors.reduce(0) { $0 + ($1.shape.first ?? 0) }] + tail) { target in
            var position = 0
            for tensor in tensors {
                UnsafeMutableRawBufferPointer(rebasing: target[position...]).copyMemory(from: tensor.bytes.buffer)
                position += tensor.bytes.count
            }
        }
    }

    /// A tensor [batch, n, dim] with rows of zeros up to `length` rows.
    static func padded(_ tensor: Tensor, to length: Int) -> Tensor {
        guard tensor.rank == 3, tensor.shape[1] < length else { return tensor }
        let moves = (0..<tensor.shape[1]).map { (to: $0, from: $0) }
        let all = [[(to: Int, from: Int)]](repeating: moves, count: tensor.shape[0])
        return scatter(tensor.shape[0], length, tensor.shape[2], [(tensor, all)])
    }

    /// Rows `range` of the first dimension.
    package static func slice(_ tensor: Tensor, _ range: Range<Int>) -> Tensor {
        let rows = max(tensor.shape.first ?? 1, 1)
        let width = tensor.bytes.count / rows
        return Tensor(tensor.dtype, [range.count] + tensor.shape.dropFirst()) { target in
            target.copyMemory(
                from: UnsafeRawBufferPointer(rebasing: tensor.bytes.buffer[range.lowerBound * width..<range.upperBound * width]))
        }
    }
}

extension Tensor {
    /// Row `index` of the first dimension, which stays as 1.
    package func row(_ index: Int) -> Tensor { RowMatrix.slice(self, index..<index + 1) }
}
