/// A compression function of 64-byte blocks, what SHA-1 and SHA-256 differ in.
protocol BlockFunction: Sendable {
    init()
    /// The state as it is written at the end, big-endian.
    var words: [UInt32] { get }
    /// Takes in the 64 bytes at `block`.
    mutating func compress(_ block: UnsafeRawPointer)
}

/// Cuts a message into blocks and pads it (FIPS 180-4, 5.1.1): a one bit, zeros, the length in bits as 64 bits.
struct BlockDigest<Function: BlockFunction>: Sendable {
    private var function = Function()
    /// The start of an unfinished block, less than 64 bytes.
    private var pending: [UInt8] = []
    private var length: UInt64 = 0

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        length &+= UInt64(bytes.count)
        var rest = bytes[...]
        if !pending.isEmpty {
            let taken = min(64 - pending.count, rest.count)
            pending.append(contentsOf: rest.prefix(taken))
            rest = rest.dropFirst(taken)
            guard pending.count == 64 else { return }
            pending.withUnsafeBytes { block in
                if let start = block.baseAddress { function.compress(start) }
            }
            pending.removeAll(keepingCapacity: true)
        }
        let whole = UnsafeRawBufferPointer(rebasing: rest)
        if let start = whole.baseAddress {
            for offset in stride(from: 0, to: whole.count - whole.count % 64, by: 64) { function.compress(start + offset) }
        }
        pending.append(contentsOf: whole.suffix(whole.count % 64))
    }

    /// The digest of all bytes so far.
    func finalized() -> [UInt8] {
        var copy = self
        let bits = length &* 8
        var end: [UInt8] = [0x80]
        end += [UInt8](repeating: 0, count: (119 - pending.count) % 64)
        end += (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) }
        end.withUnsafeBytes { copy.update($0) }
        return copy.function.words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * $0)) } }
    }
}

extension UInt32 {
    @inline(__always)
    func rotatedLeft(_ count: UInt32) -> UInt32 { self << count | self >> (32 - count) }

    @inline(__always)
    func rotatedRight(_ count: UInt32) -> UInt32 { self >> count | self << (32 - count) }
}
