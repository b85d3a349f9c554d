import Digests
import IR

enum Checksum {
    /// SHA-256 in hexadecimal digits.
    static func text(of bytes: ByteSlice) -> String {
        var sum = SHA256()
        sum.update(bytes.buffer)
        return sum.finalized().hexadecimal
    }

    /// Of the keys and values of `__metadata__` in the order of the keys, each behind its length, without the sum itself.
    static func text(of metadata: [String: String]) -> String {
        var sum = SHA256()
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) where key != HeaderKey.sum.rawValue {
            for text in [key, value] {
                let bytes = Array("\(text.utf8.count):\(text)".utf8)
                bytes.withUnsafeBytes { sum.update($0) }
            }
        }
        return sum.finalized().hexadecimal
    }
}
