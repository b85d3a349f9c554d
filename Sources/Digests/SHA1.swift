/// SHA-1 (FIPS 180-4), which names the objects of a git repository. It no longer protects against forgery.
package struct SHA1: Sendable {
    private var digest = BlockDigest<SHA1Function>()

    package init() {}

    /// Takes in `bytes` behind those before.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) { digest.update(bytes) }

    /// The 20 bytes of the digest of all that was taken in.
    package func finalized() -> [UInt8] { digest.finalized() }

    /// The digest of a file of `size` bytes as git computes it, still without the file's content: a header stands before it
    /// (git-hash-object).
    package static func gitBlob(size: Int) -> SHA1 {
        var made = SHA1()
        Array("blob \(size)\0".utf8).withUnsafeBytes { made.update($0) }
        return made
    }
}

private struct SHA1Function: BlockFunction {
    private var (a, b, c, d, e): (UInt32, UInt32, UInt32, UInt32, UInt32) = (
        0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0
    )

    var words: [UInt32] { [a, b, c, d, e] }

    mutating func compress(_ block: UnsafeRawPointer) {
        let new = withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { w in
            for word in 0..<16 { w[word] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 * word, as: UInt32.self)) }
            for index in 16..<80 { w[index] = (w[index - 3] ^ w[index - 8] ^ w[index - 14] ^ w[index - 16]).rotatedLeft(1) }
            return rounds(UnsafeBufferPointer(w))
        }
        (a, b, c, d, e) = (a &+ new.0, b &+ new.1, c &+ new.2, d &+ new.3, e &+ new.4)
    }

    private func rounds(_ w: UnsafeBufferPointer<UInt32>) -> (UInt32, UInt32, UInt32, UInt32, UInt32) {
        var (a, b, c, d, e) = (a, b, c, d, e)
        for index in 0..<80 {
            let (mixed, constant): (UInt32, UInt32) =
                switch index {
                case 0..<20: ((b & c) | (~b & d), 0x5a82_7999)
                case 20..<40: (b ^ c ^ d, 0x6ed9_eba1)
                case 40..<60: ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc)
                default: (b ^ c ^ d, 0xca62_c1d6)
                }
            let next = a.rotatedLeft(5) &+ mixed &+ e &+ constant &+ w[index]
            (e, d, c, b, a) = (d, c, b.rotatedLeft(30), a, next)
        }
        return (a, b, c, d, e)
    }
}
