import CCrypto

/// SHA-1 (FIPS 180-4), which names the objects of a git repository. It no longer protects against forgery.
package struct SHA1: Sendable {
    private var state = SHA_CTX()

    package init() { SHA1_Init(&state) }

    /// Takes in `bytes` behind those before.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) { SHA1_Update(&state, bytes.baseAddress, bytes.count) }

    /// The 20 bytes of the digest of all that was taken in.
    package func finalized() -> [UInt8] {
        var end = state
        return [UInt8](unsafeUninitializedCapacity: Int(SHA_DIGEST_LENGTH)) { digest, count in
            SHA1_Final(digest.baseAddress, &end)
            count = Int(SHA_DIGEST_LENGTH)
        }
    }

    /// The digest of a file of `size` bytes as git computes it, still without the file's content: a header stands before it
    /// (git-hash-object).
    package static func gitBlob(size: Int) -> SHA1 {
        var made = SHA1()
        Array("blob \(size)\0".utf8).withUnsafeBytes { made.update($0) }
        return made
    }
}
