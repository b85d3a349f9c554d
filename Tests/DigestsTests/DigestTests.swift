import Testing

@testable import Digests

@Suite struct DigestTests {
    private func hex(_ bytes: [UInt8]) -> String { bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }

    private func sha1(_ message: [UInt8], pieces: Int) -> String {
        var made = SHA1()
        for start in stride(from: 0, to: message.count, by: pieces) {
            message[start..<min(start + pieces, message.count)].withUnsafeBytes { made.update($0) }
        }
        return hex(made.finalized())
    }

    /// Examples of FIPS 180-4.
    @Test func knownAnswers() {
        let long = Array("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq".utf8)
        #expect(hex(SHA256.digest(of: [])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(hex(SHA256.digest(of: Array("abc".utf8))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(hex(SHA256.digest(of: long)) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(sha1([], pieces: 1) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(sha1(Array("abc".utf8), pieces: 2) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(sha1(long, pieces: 7) == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
    }

    /// Lengths around the block and the padding, by Python's hashlib; in pieces as at once.
    @Test(arguments: [
        (55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318", "d1985ddc2983785702b9a90effd5aff2f7cfdca4"),
        (56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a", "1f973e890f52da1f22fa7e5620a628bc4ee74cb3"),
        (63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34", "487e57f9763ebddbed2027c4452510c0ae0f95ff"),
        (64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb", "71b7a71962774fa5c721e1163f935cb61a0e09e6"),
        (65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0", "44171c1993ae70a544a8e910b00347eed4b8e8f2"),
        (120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c", "253af86ee859905852357aee8bd83b08601364ae"),
    ])
    func lengths(count: Int, sha256: String, git: String) {
        let message = [UInt8](repeating: UInt8(ascii: "a"), count: count)
        #expect(hex(SHA256.digest(of: message)) == sha256)
        for pieces in [1, 3, 63, 64] {
            var (whole, blob) = (SHA256(), SHA1.gitBlob(size: count))
            for start in stride(from: 0, to: count, by: pieces) {
                message[start..<min(start + pieces, count)].withUnsafeBytes {
                    whole.update($0)
                    blob.update($0)
                }
            }
            #expect(hex(whole.finalized()) == sha256)
            #expect(hex(blob.finalized()) == git)
        }
    }
}
