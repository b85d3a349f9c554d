import IR

extension ByteSlice {
    /// The bytes, with their owner alive until `body` returns; after `slice.buffer` a temporary slice may be gone.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withExtendedLifetime(owner) { () throws(Failure) in try body(buffer) }
    }

    /// This slice if it starts at a multiple of `alignment`, else a copy that does.
    func aligned(to alignment: Int) -> ByteSlice {
        guard alignment > 1, Int(bitPattern: pointer) % alignment != 0 else { return self }
        return withBytes { source in ByteSlice(Bytes(count: count) { $0.copyMemory(from: source) }) }
    }

    init(copying bytes: [UInt8]) { self.init(Bytes(count: bytes.count) { $0.copyBytes(from: bytes) }) }
}
