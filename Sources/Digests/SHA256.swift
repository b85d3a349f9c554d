import CCrypto

/// SHA-256 (FIPS 180-4), in pieces or at once.
package struct SHA256: Sendable {
    private var state = SHA256_CTX()

    package init() { SHA256_Init(&state) }

    /// Takes in `bytes` behind those before.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) { SHA256_Update(&state, bytes.baseAddress, bytes.count) }

    /// The 32 bytes of the digest of all that was taken in.
    package func finalized() -> [UInt8] {
        var end = state
        return [UInt8](unsafeUninitializedCapacity: Int(SHA256_DIGEST_LENGTH)) { digest, count in
            SHA256_Final(digest.baseAddress, &end)
            count = Int(SHA256_DIGEST_LENGTH)
        }
    }

    /// The 32 bytes of the digest of `message`.
    package static func digest(of message: [UInt8]) -> [UInt8] {
        var made = SHA256()
        message.withUnsafeBytes { made.update($0) }
        return made.finalized()
    }
}
