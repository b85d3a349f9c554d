/// SHA-256 (FIPS 180-4), in pieces or at once.
package struct SHA256: Sendable {
    private var digest = BlockDigest<SHA256Function>()

    package init() {}

    /// Takes in `bytes` behind those before.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) { digest.update(bytes) }

    /// The 32 bytes of the digest of all that was taken in.
    package func finalized() -> [UInt8] { digest.finalized() }

    /// The 32 bytes of the digest of `message`.
    package static func digest(of message: [UInt8]) -> [UInt8] {
        var made = SHA256()
        message.withUnsafeBytes { made.update($0) }
        return made.finalized()
    }
}

private struct SHA256Function: BlockFunction {
    /// a…h of the standard.
    private var state = SIMD8<UInt32>(
        0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19)

    var words: [UInt32] { (0..<8).map { state[$0] } }

    mutating func compress(_ block: UnsafeRawPointer) {
        let old = state
        state =
            old
            &+ withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { w in
                for word in 0..<16 { w[word] = UInt32(bigEndian: block.loadUnaligned(fromByteOffset: 4 * word, as: UInt32.self)) }
                for index in 16..<64 {
                    let s0 = w[index - 15].rotatedRight(7) ^ w[index - 15].rotatedRight(18) ^ w[index - 15] >> 3
                    let s1 = w[index - 2].rotatedRight(17) ^ w[index - 2].rotatedRight(19) ^ w[index - 2] >> 10
                    w[index] = w[index - 16] &+ s0 &+ w[index - 7] &+ s1
                }
                return SHA256Function.rounds(old, UnsafeBufferPointer(w))
            }
    }

    private static func rounds(_ state: SIMD8<UInt32>, _ w: UnsafeBufferPointer<UInt32>) -> SIMD8<UInt32> {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3])
        var (e, f, g, h) = (state[4], state[5], state[6], state[7])
        constants.withUnsafeBufferPointer { k in
            for i in stride(from: 0, to: 64, by: 8) {
                step(a, b, c, &d, e, f, g, &h, k[i] &+ w[i])
                step(h, a, b, &c, d, e, f, &g, k[i + 1] &+ w[i + 1])
                step(g, h, a, &b, c, d, e, &f, k[i + 2] &+ w[i + 2])
                step(f, g, h, &a, b, c, d, &e, k[i + 3] &+ w[i + 3])
                step(e, f, g, &h, a, b, c, &d, k[i + 4] &+ w[i + 4])
                step(d, e, f, &g, h, a, b, &c, k[i + 5] &+ w[i + 5])
                step(c, d, e, &f, g, h, a, &b, k[i + 6] &+ w[i + 6])
                step(b, c, d, &e, f, g, h, &a, k[i + 7] &+ w[i + 7])
            }
        }
        return SIMD8(a, b, c, d, e, f, g, h)
    }

    /// One of the 64 rounds; the next one has the names shifted by one, so that nothing is moved.
    @inline(__always)
    private static func step(
        _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32, _ h: inout UInt32,
        _ input: UInt32
    ) {
        let choice = g ^ (e & (f ^ g))
        let t1 = h &+ (e.rotatedRight(6) ^ e.rotatedRight(11) ^ e.rotatedRight(25)) &+ choice &+ input
        let majority = (a & b) | (c & (a | b))
        d = d &+ t1
        h = t1 &+ (a.rotatedRight(2) ^ a.rotatedRight(13) ^ a.rotatedRight(22)) &+ majority
    }

    private static let constants: [UInt32] = [
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
    ]
}
