/// Memory that constants and tensors share: owned by this object, or mapped by whoever made it.
///
/// Never written after creation, so that sharing between threads is safe; ``Tensor`` copies before it writes.
package final class Bytes: @unchecked Sendable {
    private let memory: Memory
    package let count: Int
    private let release: @Sendable (UnsafeMutableRawPointer, Int) -> Void
    private let evict: (@Sendable (UnsafeMutableRawPointer, Int) -> Void)?

    /// Alignment of owned memory: the widest vector and a cache line.
    package static let alignment = 64

    /// Takes over foreign memory, for instance a mapped file; `release` is called once at the end.
    ///
    /// - Parameter evict: gives back the memory of a range whose contents can be had again from where they came.
    package init(
        adopting pointer: UnsafeMutableRawPointer, count: Int,
        evict: (@Sendable (UnsafeMutableRawPointer, Int) -> Void)? = nil,
        release: @escaping @Sendable (UnsafeMutableRawPointer, Int) -> Void
    ) {
        self.evict = evict
        memory = .lying(pointer)
        self.count = count
        self.release = release
    }

    /// What is written out when it is read.
    init(_ matrix: TransposedMatrix) {
        (memory, count) = (.transposed(matrix), matrix.source.count)
        (evict, release) = (nil, { _, _ in })
    }

    private enum Memory {
        case lying(UnsafeMutableRawPointer)
        case transposed(TransposedMatrix)
    }

    package var pointer: UnsafeMutableRawPointer {
        switch memory {
        case .lying(let pointer): pointer
        case .transposed(let matrix): matrix.pointer
        }
    }

    /// The matrix that this is, if it is written out only when it is read.
    var matrix: TransposedMatrix? { if case .transposed(let matrix) = memory { matrix } else { nil } }

    /// New zeroed memory.
    package convenience init(zeroed count: Int) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: Bytes.alignment)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: max(count, 1))
        self.init(adopting: memory, count: count) { pointer, _ in pointer.deallocate() }
    }

    /// New memory, filled by `body`.
    package convenience init(count: Int, filledBy body: (UnsafeMutableRawBufferPointer) -> Void) {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: Bytes.alignment)
        body(UnsafeMutableRawBufferPointer(start: memory, count: count))
        self.init(adopting: memory, count: count) { pointer, _ in pointer.deallocate() }
    }

    deinit { if case .lying(let pointer) = memory { release(pointer, count) } }

    fileprivate func evict(_ offset: Int, _ count: Int) {
        if case .lying(let pointer) = memory { evict?(pointer + offset, count) }
    }
}

/// A range of ``Bytes``.
package struct ByteSlice: Sendable {
    package let owner: Bytes
    package let offset: Int
    package let count: Int

    /// All of `owner`.
    package init(_ owner: Bytes) {
        self.owner = owner
        offset = 0
        count = owner.count
    }

    /// `count` bytes from `offset`; nil if they do not lie inside `owner`.
    package init?(_ owner: Bytes, offset: Int, count: Int) {
        guard offset >= 0, count >= 0, offset <= owner.count, count <= owner.count - offset else { return nil }
        self.owner = owner
        self.offset = offset
        self.count = count
    }

    package var pointer: UnsafeRawPointer { UnsafeRawPointer(owner.pointer + offset) }

    /// Says that these bytes are not needed soon. Those of a mapped file leave memory and are read again when they are touched;
    /// owned memory stays.
    package func evict() {
        if let transposed { return transposed.source.evict() }
        owner.evict(offset, count)
    }

    package var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: pointer, count: count) }

    /// Same bytes, wherever they lie.
    package func elementsEqual(_ other: ByteSlice) -> Bool {
        if owner === other.owner && offset == other.offset && count == other.count { return true }
        if let a = transposed, let b = other.transposed, (a.rows, a.columns) == (b.rows, b.columns) {
            return a.source.elementsEqual(b.source)
        }
        return count == other.count && buffer.elementsEqual(other.buffer)
    }
}

extension ByteSlice {
    /// Whether the two share a byte of memory.
    package func meets(_ other: ByteSlice) -> Bool {
        count > 0 && other.count > 0 && pointer < other.pointer + other.count && other.pointer < pointer + count
    }
}
