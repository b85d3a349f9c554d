/// Why a model cannot be had from the Hugging Face Hub or its cache: names repository, file or variable, and says what to do.
package struct HubError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Kind: String, Sendable {
        /// A name, revision, address or variable that cannot be meant.
        case invalid
        /// Nothing of that name is on disk.
        case notFound
        /// Not in the cache, and the network was not asked.
        case notCached
        /// The cache has some files of a model in several, and not all.
        case incomplete
        /// `HF_HUB_OFFLINE` forbids what was asked.
        case offline
        /// The Hub cannot be reached, or stopped answering.
        case unreachable
        /// A certificate is not trusted, or a server speaks no TLS.
        case untrusted
        /// The Hub wants a token, or another one.
        case unauthorized
        /// The Hub has no such repository, revision or file.
        case missing
        /// The Hub's answer makes no sense, or would write outside the cache.
        case malformed
        /// What arrived is not what was announced.
        case corrupt
        /// The disk is full or may not be written to.
        case unwritable
    }

    package let kind: Kind
    package let description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
