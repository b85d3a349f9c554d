import Digests
import Foundation

/// The checksum that a blob's name promises: the Hub names large files by the SHA-256 of their content, files in git itself by
/// git's SHA-1.
enum BlobCheck {
    case sha256(SHA256)
    case git(SHA1)
    /// The name is no checksum: a mirror with etags of its own.
    case none

    /// For the content of blob `name`; nil if git's checksum is meant, which needs the size before the content.
    init?(blob name: String, size: Int?) {
        let isHex = name.utf8.allSatisfy(isHexDigit)
        switch (name.utf8.count, size) {
        case (64, _) where isHex: self = .sha256(SHA256())
        case (40, let size?) where isHex: self = .git(SHA1.gitBlob(size: size))
        case (40, nil) where isHex: return nil
        default: self = .none
        }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .sha256(var digest):
            self = .none
            digest.update(bytes)
            self = .sha256(digest)
        case .git(var digest):
            self = .none
            digest.update(bytes)
            self = .git(digest)
        case .none: break
        }
    }

    /// The checksum of the content so far; nil where the name promises none.
    var checksum: String? {
        switch self {
        case .sha256(let digest): digest.finalized().hexadecimal
        case .git(let digest): digest.finalized().hexadecimal
        case .none: nil
        }
    }
}
