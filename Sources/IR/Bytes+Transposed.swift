import Synchronization

/// A matrix of 4-byte elements that is the transposition of another one, and is written out when somebody reads it as it should lie. Who
/// can read it column by column, as the packing of weights does, needs no second copy of it: dense layers of ONNX files have theirs
/// transposed, all of them.
package final class TransposedMatrix: Sendable {
    /// The matrix [columns, rows] that this one is the transposition of.
    package let source: ByteSlice
    package let rows, columns: Int
    private let written = Mutex<UInt?>(nil)

    fileprivate init(_ source: ByteSlice, rows: Int, columns: Int) {
        (self.source, self.rows, self.columns) = (source, rows, columns)
    }

    deinit {
        if let address = written.withLock({ $0 }) { UnsafeMutableRawPointer(bitPattern: address)?.deallocate() }
    }

    /// Where it lies row by row; written the first time.
    var pointer: UnsafeMutableRawPointer {
        let address = written.withLock { known -> UInt in
            if let known { return known }
            let memory = UnsafeMutableRawPointer.allocate(byteCount: max(source.count, 1), alignment: Bytes.alignment)
            write(to: memory)
            known = UInt(bitPattern: memory)
            return UInt(bitPattern: memory)
        }
        return UnsafeMutableRawPointer(bitPattern: address) ?? source.owner.pointer
    }

    private static let tile = 32

    private func write(to memory: UnsafeMutableRawPointer) {
        let from = source.buffer
        for top in stride(from: 0, to: rows, by: Self.tile) {
            for left in stride(from: 0, to: columns, by: Self.tile) {
                for i in top..<min(top + Self.tile, rows) {
                    for j in left..<min(left + Self.tile, columns) {
                        let value = from.loadUnaligned(fromByteOffset: (j &* rows &+ i) &* 4, as: UInt32.self)
                        memory.storeBytes(of: value, toByteOffset: (i &* columns &+ j) &* 4, as: UInt32.self)
                    }
                }
            }
        }
    }
}

extension Bytes {
    /// The transposition [rows, columns] of a matrix [columns, rows] of 4-byte elements; nil if `source` is not as large.
    package convenience init?(transposing source: ByteSlice, rows: Int, columns: Int) {
        let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard !overflow, rows > 0, columns > 0, count <= Int.max / 4, source.count == count * 4 else { return nil }
        self.init(TransposedMatrix(source, rows: rows, columns: columns))
    }
}

extension ByteSlice {
    /// The matrix that all of these bytes are, if it is the transposition of another one.
    package var transposed: TransposedMatrix? { offset == 0 && count == owner.count ? owner.matrix : nil }
}
