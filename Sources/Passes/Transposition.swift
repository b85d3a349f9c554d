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
            guard let to = memory.baseAddress else { return }
            let from = x.bytes.pointer
            forEachOffset(axes) { source, target in
                if type == UInt8.self, row.source == 1, row.size >= 8, column.size >= 8 {
                    moveBytes(from + source, to + target, row, column)
                } else {
                    moveTiles(from, to, source, target, row, column, type)
                }
            }
        }
    }

    /// Bytes in blocks of 8 × 8.
    private static func moveBytes(_ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ row: Axis, _ column: Axis) {
        let (rows, columns) = (row.size & ~7, column.size & ~7)
        for left in stride(from: 0, to: columns, by: 8) {
            for top in stride(from: 0, to: rows, by: 8) {
                turnBlock(from + (left &* column.source &+ top), column.source, to + (top &* row.target &+ left), row.target)
            }
        }
        func rest(_ rows: Range<Int>, _ columns: Range<Int>) {
            for i in rows {
                for j in columns {
                    to.storeBytes(
                        of: from.load(fromByteOffset: i &+ j &* column.source, as: UInt8.self), toByteOffset: i &* row.target &+ j,
                        as: UInt8.self)
                }
            }
        }
        rest(rows..<row.size, 0..<column.size)
        rest(0..<rows, columns..<column.size)
    }

    /// A block of 8 × 8 bytes: halves, quarters and eighths of the lines change places.
    @inline(__always) private static func turnBlock(
        _ from: UnsafeRawPointer, _ fromStep: Int, _ to: UnsafeMutableRawPointer, _ toStep: Int
    ) {
        func line(_ index: Int) -> UInt64 { UInt64(littleEndian: from.loadUnaligned(fromByteOffset: index &* fromStep, as: UInt64.self)) }
        var (a, b, c, d) = (line(0), line(1), line(2), line(3))
        var (e, f, g, h) = (line(4), line(5), line(6), line(7))
        @inline(__always) func exchange(_ x: inout UInt64, _ y: inout UInt64, _ shift: UInt64, _ mask: UInt64) {
            let moved = (x &>> shift ^ y) & mask
            y ^= moved
            x ^= moved &<< shift
        }
        let (half, quarter, eighth): (UInt64, UInt64, UInt64) = (0xFFFF_FFFF, 0x0000_FFFF_0000_FFFF, 0x00FF_00FF_00FF_00FF)
        exchange(&a, &e, 32, half); exchange(&b, &f, 32, half); exchange(&c, &g, 32, half); exchange(&d, &h, 32, half)
        exchange(&a, &c, 16, quarter); exchange(&b, &d, 16, quarter); exchange(&e, &g, 16, quarter); exchange(&f, &h, 16, quarter)
        exchange(&a, &b, 8, eighth); exchange(&c, &d, 8, eighth); exchange(&e, &f, 8, eighth); exchange(&g, &h, 8, eighth)
        func store(_ value: UInt64, _ index: Int) { to.storeBytes(of: value.littleEndian, toByteOffset: index &* toStep, as: UInt64.self) }
        store(a, 0); store(b, 1); store(c, 2); store(d, 3); store(e, 4); store(f, 5); store(g, 6); store(h, 7)
    }

    private static func moveTiles<Element: BitwiseCopyable>(
        _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer, _ source: Int, _ target: Int,
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
