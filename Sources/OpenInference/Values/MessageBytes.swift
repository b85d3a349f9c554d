import Tessera

/// Bytes of a message, which stay where they are as long as something holds their owner.
package struct MessageBytes: @unchecked Sendable {
    /// The bytes; nobody changes them.
    package let buffer: UnsafeRawBufferPointer
    private let owner: AnyObject

    /// `buffer`, which is valid and unchanged as long as `owner` lives.
    package init(_ buffer: UnsafeRawBufferPointer, owner: AnyObject) { (self.buffer, self.owner) = (buffer, owner) }

    /// A copy of `bytes`.
    package init(_ bytes: [UInt8]) {
        let owned = OwnedBytes(bytes)
        self.init(UnsafeRawBufferPointer(owned.memory), owner: owned)
    }

    /// Number of bytes.
    package var count: Int { buffer.count }

    /// A part; nil if it reaches beyond the end.
    package func part(_ start: Int, _ count: Int) -> MessageBytes? {
        let (end, isTooLarge) = start.addingReportingOverflow(count)
        guard start >= 0, count >= 0, !isTooLarge, end <= buffer.count else { return nil }
        return MessageBytes(UnsafeRawBufferPointer(rebasing: buffer[start..<end]), owner: owner)
    }

    /// `body` with the bytes, which are held meanwhile.
    package func withBytes<Result, Failure: Error>(_ body: (UnsafeRawBufferPointer) throws(Failure) -> Result) throws(Failure) -> Result {
        defer { withExtendedLifetime(owner) {} }
        return try body(buffer)
    }

    /// A tensor of these bytes: in place where they lie as vectors are read fastest, else a copy.
    func tensor(_ type: ElementType, _ shape: [Int]) throws(TesseraError) -> Tensor {
        guard Int(bitPattern: buffer.baseAddress) % MessageBytes.alignment == 0, !buffer.isEmpty, type != .text else {
            return try withBytes { (bytes) throws(TesseraError) in try Tensor(raw: bytes, type, shape) }
        }
        return try Tensor(borrowing: UnsafeMutableRawBufferPointer(mutating: buffer), type, shape) { [self] _ in
            withExtendedLifetime(self) {}
        }
    }

    private static let alignment = 64
}

private final class OwnedBytes {
    let memory: UnsafeMutableRawBufferPointer

    init(_ bytes: [UInt8]) {
        memory = .allocate(byteCount: bytes.count, alignment: 64)
        memory.copyBytes(from: bytes)
    }

    deinit { memory.deallocate() }
}
