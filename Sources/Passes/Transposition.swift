import IR

/// Transposition of weights for folding: moves elements by their width, in tiles that stay in the cache.
enum Transposition {
    /// nil for packed types or a permutation that does not fit.
    static func result(_ x: Tensor, _ permutation: [Int]) -> Tensor? {
        guard permutation.sorted() == Array(x.shape.indices), x.dtype.bits >= 8, x.count > 0, x.rank > 0
        else { return nil }
        return switch x.dtype.byteWidth {
        case 1: move(x, permutation, UInt8.self)
        case 2: move(x, permutation, UInt16.self)
        case 4: move(x, permutation, UInt32.self)
        default: move(x, permutation, UInt64.self)
        }
    }

    /// A dimension of the result: its size and its element strides in source and target.
    private struct Axis {
        let size: Int
        let source: Int
        let target: Int
    }

    private static let tile = 32

    private static func move<Element: BitwiseCopyable>(
        _ x: Tensor, _ permutation: [Int], _ type: Element.Type
    ) -> Tensor {
        let shape = permutation.map { x.shape[$0] }
        let (own, new) = (rowMajorStrides(x.shape), rowMajorStrides(shape))
        var axes = permutation.indices.map { Axis(size: shape[$0], source: own[permutation[$0]], target: new[$0]) }
        // The two directions in which memory is contiguous, for reading and for writing, are walked innermost.
        let column = axes.removeLast()
        let contiguous = permutation.firstIndex(of: x.rank - 1).flatMap { axes.indices.contains($0) ? $0 : nil }
        let row = contiguous.map { axes.remove(at: $0) } ?? Axis(size: 1, source: 0, target: 0)
        return Tensor(x.dtype, shape) { memory in
            forEachOffset(axes) { source, target in
                moveTiles(x.bytes.buffer, memory, source, target, row, column, type)
            }
        }
    }

    private static func moveTiles<Element: BitwiseCopyable>(
        _ from: UnsafeRawBufferPointer, _ to: UnsafeMutableRawBufferPointer, _ source: Int, _ target: Int,
        _ row: Axis, _ column: Axis, _ type: Element.Type
    ) {
        let width = MemoryLayout<Element>.stride
        for top in stride(from: 0, to: row.size, by: tile) {
            for left in stride(from: 0, to: column.size, by: tile) {
                for i in top..<min(top + tile, row.size) {
                    for j in left..<min(left + tile, column.size) {
                        let position = source &+ i &* row.source &+ j &* column.source
                        let value = from.loadUnaligned(fromByteOffset: position &* width, as: Element.self)
                        let place = target &+ i &* row.target &+ j &* column.target
                        to.storeBytes(of: value, toByteOffset: place &* width, as: Element.self)
                    }
                }
            }
        }
    }

    /// Calls `body` with the source and target offset of each index of `axes`.
    private static func forEachOffset(_ axes: [Axis], _ body: (Int, Int) -> Void) {
        var index = [Int](repeating: 0, count: axes.count)
        var (source, target) = (0, 0)
        while true {
            body(source, target)
            var axis = axes.count - 1
            while axis >= 0 {
                index[axis] += 1
                source &+= axes[axis].source
                target &+= axes[axis].target
                if index[axis] < axes[axis].size { break }
                source &-= axes[axis].source &* axes[axis].size
                target &-= axes[axis].target &* axes[axis].size
                index[axis] = 0
                axis -= 1
            }
            if axis < 0 { return }
        }
    }
}
